import { describe, expect, it } from 'vitest';
import { brief, isSameZone, relative } from './instants.rules.ts';

describe('a time of day', () => {
  const at = Date.parse('2026-11-27T01:30:00Z');
  const now = Date.parse('2026-11-26T05:00:00Z');

  it('names its zone when asked to, for a job whose own zone is another', () => {
    expect(brief(at, now, 'UTC', false, 'en-GB')).toBe('27 Nov, 01:30');
    expect(brief(at, now, 'UTC', true, 'en-GB')).toBe('27 Nov, 01:30 UTC');
    expect(brief(at, now, 'Europe/Berlin', true, 'en-GB')).toBe('27 Nov, 02:30 GMT+1');
  });

  it('knows the browser’s own zone by its name', () => {
    const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect([isSameZone(undefined, own), isSameZone('UTC', 'Europe/Berlin')]).toEqual([true, false]);
  });
});

describe('how far away', () => {
  it.each([
    [0, 'now'],
    [-24_000, '24 sec. ago'],
    [240_000, 'in 4 min.'],
    [-86_400_000, '1 day ago'],
  ])('%i ms: %s', (distance, words) => expect(relative(distance, 0)).toBe(words));
});
