import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterFailure, blockedFor, type Failures, guesserOf } from './guessing.rules.ts';

const LIMIT = 10;
const fail = (times: number, at: number, before?: Failures): Failures | undefined => {
  let failures = before;
  for (let n = 0; n < times; n++) failures = afterFailure(failures, at, LIMIT);
  return failures;
};

describe('guessing', () => {
  it('is let pass nine times a minute and stopped at the tenth', () => {
    expect(blockedFor(undefined, 0)).toBe(0);
    expect(blockedFor(fail(9, 0), 0)).toBe(0);
    expect(blockedFor(fail(10, 0), 0)).toBe(30_000);
    expect(blockedFor(fail(10, 0), 30_000)).toBe(0);
    expect(blockedFor(fail(9, 60_000, fail(9, 0)), 60_000), 'a new minute').toBe(0);
  });

  it('is stopped for twice as long each time, up to a quarter of an hour', () => {
    let failures = fail(10, 0);
    let now = 0;
    const blocks: number[] = [];
    for (let n = 0; n < 8; n++) {
      blocks.push(blockedFor(failures, now));
      now = failures?.blockedUntil ?? 0;
      failures = afterFailure(failures, now, LIMIT);
    }
    expect(blocks).toEqual([30, 60, 120, 240, 480, 900, 900, 900].map((seconds) => seconds * 1_000));
  });

  it('is forgotten after an hour of quiet', () => {
    const blocked = fail(10, 0);
    expect(blockedFor(fail(1, 3_599_999, blocked), 3_599_999)).toBe(60_000);
    expect(blockedFor(fail(9, 3_600_000, blocked), 3_600_000)).toBe(0);
  });

  it('never has more tries than the limit and one for each block, however it is timed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 300 }), (waits) => {
        let now = 0;
        let failures: Failures | undefined;
        const tries: number[] = [];
        for (const wait of waits) {
          now += wait;
          if (blockedFor(failures, now) > 0) continue;
          tries.push(now);
          failures = afterFailure(failures, now, LIMIT);
        }
        for (const from of tries) {
          const within = tries.filter((at) => at >= from && at < from + 60_000).length;
          expect(within).toBeLessThanOrEqual(2 * LIMIT);
        }
      }),
    );
  });

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('is told by address: %s is %s', (address, guesser) => {
    expect(guesserOf(address)).toBe(guesser);
  });
});
