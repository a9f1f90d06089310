import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePositions, decodeCursor, encodeCursor } from './cursor.rules.ts';

const EPOCH = '0123456789ab';
const number = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const position = fc.record({
  transactionId: number,
  sequence: number,
  index: fc.integer({ min: -1, max: 2 ** 24 }),
  proof: fc.nat({ max: 0xffff_ffff }).map((value) => value.toString(16).padStart(8, '0')),
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
        const order = comparePositions(one, other);
        if (order !== 0) expect(Math.sign(order)).toBe(left < right ? -1 : 1);
      }),
    );
  });

  it('is nothing else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(decodeCursor(text)).toBeUndefined();
      }),
    );
    expect(decodeCursor(`${EPOCH}ffffffffffffffff00000000000000000000000000000000`)).toBeUndefined();
    const place = { transactionId: 1n, sequence: 1n, index: 0, proof: '00000000' };
    expect(() => encodeCursor('', place)).toThrow(RangeError);
    expect(() => encodeCursor(EPOCH, { ...place, proof: '' })).toThrow(RangeError);
  });
});
