import { describe, expect, test, vi } from 'vitest';
import { shareReadiness } from './readiness.ts';

describe('readiness', () => {
  test('is found out once for all who ask within a second, and then anew', async () => {
    let asked = 0;
    const readiness = shareReadiness([
      { name: 'database', check: async () => (++asked > 1 ? 'cannot be reached' : undefined) },
    ]);
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => readiness()));
    expect(asked).toBe(1);
    expect(new Set(answers)).toEqual(new Set([{ isReady: true, checks: { database: 'ok' } }]));
    await vi.waitFor(
      async () => expect(await readiness()).toEqual({ isReady: false, checks: { database: 'cannot be reached' } }),
      { timeout: 30_000, interval: 50 },
    );
    expect(asked).toBe(2);
  });

  test('is told when a check hangs or fails, and the one that hangs is not begun again', async () => {
    let begun = 0;
    let answer: (problem: string | undefined) => void = () => undefined;
    const hanging = (): Promise<string | undefined> => {
      begun += 1;
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    const readiness = shareReadiness(
      [
        { name: 'hanging', check: hanging },
        { name: 'failing', check: () => Promise.reject(new Error('no')) },
        { name: 'good', check: async () => undefined },
      ],
      20,
    );
    const told = { isReady: false, checks: { hanging: 'does not answer', failing: 'cannot be checked', good: 'ok' } };
    const first = await readiness();
    expect(first).toEqual(told);
    await vi.waitFor(async () => expect(await readiness()).not.toBe(first), { timeout: 30_000, interval: 50 });
    expect(await readiness()).toEqual(told);
    expect(begun).toBe(1);
    answer(undefined);
    await vi.waitFor(
      async () => {
        const reading = readiness();
        setImmediate(() => answer(undefined));
        expect((await reading).checks.hanging).toBe('ok');
      },
      { timeout: 30_000, interval: 50 },
    );
  });
});
