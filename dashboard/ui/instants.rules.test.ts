import { describe, expect, it } from 'vitest';
import { brief, instantOf, isSameZone, localOf, relative } from './instants.rules.ts';

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

describe('times of day of the browser', () => {
  it('are instants and back, to the minute', () => {
    for (const local of ['2026-11-26T03:00', '2026-07-01T23:59', '1999-12-31T00:00'])
      expect(localOf(instantOf(local) ?? '')).toBe(local);
    expect(localOf('2026-11-26T03:00:59.999Z')).toBe(localOf('2026-11-26T03:00:00Z'));
  });

  it('are nothing for a text that is none', () => {
    for (const text of ['', 'soon', '2026-13-45T99:99', '<script>', '8640000000000001']) {
      expect(instantOf(text)).toBeUndefined();
      expect(localOf(text)).toBe('');
    }
    // The last representable instant is out of range in the local time of some zones.
    expect(() => localOf('+275760-09-13T00:00:00.000Z')).not.toThrow();
  });
});
