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

describe('a batcher without a window', () => {
  it('sends the first at once, and together what came meanwhile', async () => {
    const { batches, end, flush } = controlled();
    const batcher = createBatcher({ flush, largest: 100, windowMs: 0, lanes: 1 });
    const results = [1, 2, 3].map((item) => batcher.add(item));
    expect(batches).toEqual([[1]]);
    end();
    await turn();
    expect(batches).toEqual([[1], [2, 3]]);
    end();
    expect(await Promise.all(results)).toEqual([10, 20, 30]);
  });

  it('keeps to the largest batch and to its lanes', async () => {
    const { batches, end, flush } = controlled();
    const batcher = createBatcher({ flush, largest: 3, windowMs: 0, lanes: 2 });
    const results = Array.from({ length: 9 }, (_, item) => batcher.add(item));
    expect(batches).toEqual([[0], [1]]);
    end();
    await turn();
    expect(batches).toEqual([[0], [1], [2, 3, 4]]);
    for (let i = 0; i < 5; i++) {
      end();
      await turn();
    }
    expect(await Promise.all(results)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80]);
    expect(batches.slice(3)).toEqual([[5, 6, 7], [8]]);
  });

  it('fails those of a batch that threw, and goes on with the next', async () => {
    const batcher = createBatcher<number, number>({
      largest: 10,
      windowMs: 0,
      lanes: 1,
      async flush(items) {
        if (items.includes(2)) throw new Error('no twos');
        return items;
      },
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await batcher.add(4)).toBe(4);
  });

  it('says so when a batch answers too little', async () => {
    const batcher = createBatcher<number, number>({ largest: 10, windowMs: 0, lanes: 1, flush: async () => [] });
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
      windowMs: 0,
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

describe('a batcher with a window', () => {
  it('sends together what comes within it', async () => {
    const batches: number[][] = [];
    const batcher = createBatcher<number, number>({
      largest: 100,
      windowMs: 2,
      lanes: 1,
      async flush(items) {
        batches.push([...items]);
        return items;
      },
    });
    expect(await Promise.all([1, 2, 3].map((item) => batcher.add(item)))).toEqual([1, 2, 3]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('does not wait for it when the batch is full', async () => {
    const { batches, end, flush } = controlled();
    const batcher = createBatcher({ flush, largest: 2, windowMs: 60_000, lanes: 1 });
    const results = [1, 2].map((item) => batcher.add(item));
    expect(batches).toEqual([[1, 2]]);
    end();
    expect(await Promise.all(results)).toEqual([10, 20]);
  });
});
