import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketSize, burstOf, refill, roomFor, startsAllowed, untilNextToken } from './queue-control.rules.ts';

describe('the token bucket', () => {
  it('lets no more start in any sliding second than the rate and what it holds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.array(fc.record({ after: fc.integer({ min: 0, max: 400 }), wanted: fc.integer({ min: 0, max: 500 }) }), {
          maxLength: 60,
        }),
        (startsPerSecond, claims) => {
          let [now, tokens] = [0, 0];
          const starts: { at: number; count: number }[] = [];
          for (const { after, wanted } of claims) {
            now += after;
            tokens = refill(tokens, after / 1_000, startsPerSecond);
            const count = Math.min(wanted, startsAllowed({ startsPerSecond, concurrency: null, tokens, underWay: 0 }));
            tokens -= count;
            starts.push({ at: now, count });
          }
          for (const { at: from } of starts) {
            const inSecond = starts.filter(({ at }) => at >= from && at < from + 1_000);
            const sum = inSecond.reduce((total, { count }) => total + count, 0);
            expect(sum).toBeLessThanOrEqual(startsPerSecond + bucketSize(startsPerSecond));
          }
        },
      ),
    );
  });

  it('has a token when it says so, and not before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 3, noNaN: true }), (rate, tokens) => {
        const ms = untilNextToken({ startsPerSecond: rate, tokens });
        expect(ms === 0).toBe(tokens >= 1);
        expect(refill(tokens, ms / 1_000, rate)).toBeGreaterThan(1 - 1e-9);
        if (ms > 1) expect(refill(tokens, (ms - 1) / 1_000, rate)).toBeLessThan(1);
      }),
    );
  });

  it('has a burst of a fifth of the rate, at least two', () => {
    expect([1, 5, 10, 50, 1_000].map(burstOf)).toEqual([2, 2, 2, 10, 200]);
  });
});

describe('starts', () => {
  it('are held by whichever limit is the narrower, and by none without limits', () => {
    const state = { startsPerSecond: 50, concurrency: 8, tokens: 4.9, underWay: 3 };
    expect(startsAllowed(state)).toBe(4);
    expect(startsAllowed({ ...state, underWay: 6 })).toBe(2);
    expect(startsAllowed({ ...state, underWay: 9 })).toBe(0);
    expect(startsAllowed({ ...state, startsPerSecond: null, tokens: 0 })).toBe(5);
    expect(startsAllowed({ ...state, startsPerSecond: null, concurrency: null })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a claim', () => {
  const held = fc.record({ calling: fc.nat(256), waiting: fc.nat(1_024), unwritten: fc.nat(2_048) });
  const slots = fc.integer({ min: 1, max: 256 });
  const duration = fc.double({ min: 0.1, max: 100_000, noNaN: true });

  it('fills the free slots, whatever the pace, unless outcomes wait to be written', () => {
    fc.assert(
      fc.property(slots, duration, fc.nat(255), (concurrency, attemptMs, busy) => {
        const calling = Math.min(busy, concurrency - 1);
        expect(roomFor(concurrency, attemptMs, { calling, waiting: 0, unwritten: 0 })).toBeGreaterThanOrEqual(
          concurrency - calling,
        );
      }),
    );
  });

  it('leaves a node with at most six entries per slot', () => {
    fc.assert(
      fc.property(slots, duration, held, (concurrency, attemptMs, { calling: busy, waiting, unwritten }) => {
        const calling = Math.min(busy, concurrency);
        const room = roomFor(concurrency, attemptMs, { calling, waiting, unwritten });
        expect(room).toBeGreaterThanOrEqual(0);
        if (room > 0) expect(room + calling + waiting + unwritten).toBeLessThanOrEqual(6 * concurrency);
      }),
    );
  });

  it('takes no more ahead than starts within a tenth of a second', () => {
    fc.assert(
      fc.property(slots, duration, (concurrency, attemptMs) => {
        const ahead = roomFor(concurrency, attemptMs, { calling: concurrency, waiting: 0, unwritten: 0 });
        expect(ahead).toBeLessThanOrEqual((concurrency * 100) / attemptMs);
      }),
    );
    expect(roomFor(32, 5_000, { calling: 32, waiting: 0, unwritten: 0 })).toBe(0);
  });

  it('is made when half of what was claimed ahead has started', () => {
    expect(roomFor(32, 5, { calling: 32, waiting: 65, unwritten: 0 })).toBe(0);
    expect(roomFor(32, 5, { calling: 32, waiting: 64, unwritten: 0 })).toBe(64);
  });
});
