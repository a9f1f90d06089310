import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBatcher } from './batcher.ts';

/** A flush that ends when the test says so, and keeps its batches. */
function controlled() {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  return {
    batches,
    end: () => ends.shift()?.(),
    async flush(items: readonly number[]): Promise<number[]> {
      batches.push([...items]);
      await new Promise<void>((resolve) => ends.push(resolve));
      return items.map((item) => item * 10);
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a batcher', () => {
  it('sends at once what comes in one turn, and together what comes meanwhile', async () => {
    const { batches, end, flush } = controlled();
    const batcher = createBatcher({ flush, largest: 100, lanes: 1 });
    const results = [1, 2].map((item) => batcher.add(item));
    await Promise.resolve();
    expect(batches).toEqual([[1, 2]]);
    results.push(...[3, 4].map((item) => batcher.add(item)));
    await turn();
    results.push(batcher.add(5));
    await turn();
    expect(batches).toEqual([[1, 2]]);
    end();
    await turn();
    expect(batches).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    end();
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50]);
  });

  it('keeps to the largest batch and to its lanes', async () => {
    const { batches, end, flush } = controlled();
    const batcher = createBatcher({ flush, largest: 3, lanes: 2 });
    const results = Array.from({ length: 9 }, (_, item) => batcher.add(item));
    await turn();
    expect(batches).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    end();
    await turn();
    expect(batches.slice(2)).toEqual([[6, 7, 8]]);
    for (let i = 0; i < 2; i++) {
      end();
      await turn();
    }
    expect(await Promise.all(results)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80]);
    expect(batches).toHaveLength(3);
  });

  it('fails those of a batch that threw, and goes on with the next', async () => {
    const batcher = createBatcher<number, number>({
      largest: 2,
      lanes: 1,
      async flush(items) {
        if (items.includes(2)) throw new Error('no twos');
        return items;
      },
    });
    const results = await Promise.allSettled([2, 3, 1].map((item) => batcher.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(await batcher.add(4)).toBe(4);
  });

  it('says so when a batch answers too little', async () => {
    const batcher = createBatcher<number, number>({ largest: 10, lanes: 1, flush: async () => [] });
    await expect(batcher.add(1)).rejects.toThrow('fewer results');
  });
});

describe('a batcher with a rest', () => {
  afterEach(() => vi.useRealTimers());

  it('sends a lone item at once, and together what comes before the rest is over', async () => {
    vi.useFakeTimers();
    const batches: number[][] = [];
    const batcher = createBatcher<number, number>({
      largest: 100,
      lanes: 1,
      restMs: 10,
      async flush(items) {
        batches.push([...items]);
        return items;
      },
    });
    expect(await batcher.add(1)).toBe(1);
    const later = Promise.all([2, 3].map((item) => batcher.add(item)));
    await vi.advanceTimersByTimeAsync(9);
    expect(batches).toEqual([[1]]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await later).toEqual([2, 3]);
    expect(batches).toEqual([[1], [2, 3]]);
    await vi.advanceTimersByTimeAsync(10);
    expect(await batcher.add(4)).toBe(4);
  });
});
