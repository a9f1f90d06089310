import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../telemetry/logger.ts';
import { createGuessing } from './guessing.ts';

const createAt = (limit: number) => {
  let now = 0;
  const guessing = createGuessing({ limit, logger: silentLogger, now: () => now });
  return { guessing, pass: (ms: number) => (now += ms) };
};

describe('guessing from many addresses', () => {
  it('is stopped at each one’s first failure once there are many, for the rest of the minute', () => {
    const { guessing, pass } = createAt(10);
    for (let n = 0; n < 199; n++) guessing.failed(`192.0.2.${n}`);
    expect(guessing.blockedFor('192.0.2.1'), 'each has failed once').toBe(0);
    guessing.failed('198.51.100.1');
    expect(guessing.blockedFor('198.51.100.1')).toBe(30_000);
    expect(guessing.blockedFor('198.51.100.2'), 'who has not failed is heard').toBe(0);
    pass(60_000);
    guessing.failed('198.51.100.2');
    expect(guessing.blockedFor('198.51.100.2')).toBe(0);
  });

  it('is remembered of 10,000 addresses, the last ones', () => {
    const { guessing } = createAt(1);
    for (let n = 0; n < 10_001; n++) guessing.failed(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    expect(guessing.blockedFor('10.0.0.0')).toBe(0);
    expect(guessing.blockedFor('10.0.0.1')).toBe(30_000);
    expect(guessing.blockedFor('10.0.39.16')).toBe(30_000);
  });

  it('counts all of a /64 as one', () => {
    const { guessing } = createAt(2);
    guessing.failed('2001:db8::1');
    guessing.failed('2001:db8::2');
    expect(guessing.blockedFor('2001:db8::3')).toBe(30_000);
    expect(guessing.blockedFor('2001:db8:0:1::3')).toBe(0);
  });
});
