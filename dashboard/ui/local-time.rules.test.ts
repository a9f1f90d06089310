import { describe, expect, it } from 'vitest';
import { instantOf, localOf } from './local-time.rules.ts';

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
