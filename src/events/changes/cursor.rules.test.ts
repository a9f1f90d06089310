import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beforeTransaction, comparePositions, decodeCursor, encodeCursor, LAST_SEQUENCE } from './cursor.rules.ts';

const EPOCH = '0123456789ab';
const position = fc.record({
  transactionId: fc.bigInt({ min: 0n, max: LAST_SEQUENCE }),
  sequence: fc.bigInt({ min: 0n, max: LAST_SEQUENCE }),
  index: fc.integer({ min: -1, max: 2 ** 24 }),
});

describe('a cursor', () => {
  it('says the place that it was made of', () => {
    fc.assert(
      fc.property(position, (place) => {
        expect(decodeCursor(encodeCursor(EPOCH, place))).toEqual({ epoch: EPOCH, position: place });
      }),
    );
  });

  it('grows as places do', () => {
    fc.assert(
      fc.property(position, position, (one, other) => {
        const [left, right] = [encodeCursor(EPOCH, one), encodeCursor(EPOCH, other)];
        expect(Math.sign(comparePositions(one, other))).toBe(left < right ? -1 : left > right ? 1 : 0);
      }),
    );
  });

  it('is nothing else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(decodeCursor(text)).toBeUndefined();
      }),
    );
    expect(decodeCursor(`${EPOCH}ffffffffffffffff000000000000000000000000`)).toBeUndefined();
    expect(() => encodeCursor('', { transactionId: 1n, sequence: 1n, index: 0 })).toThrow(RangeError);
  });
});

describe('the place before a transaction', () => {
  it('is behind all of earlier ones and before all of it', () => {
    const place = beforeTransaction(100n);
    expect(comparePositions({ transactionId: 99n, sequence: LAST_SEQUENCE - 1n, index: 9_999 }, place)).toBeLessThan(0);
    expect(comparePositions({ transactionId: 100n, sequence: 0n, index: -1 }, place)).toBeGreaterThan(0);
  });
});
