import { describe, expect, it } from 'vitest';
import { differencesOf, inShort, shown } from './difference.rules.ts';

describe('what an operation changed', () => {
  it('tells what was changed, set, and left alone, the changes first', () => {
    expect(
      differencesOf({ cron: '0 3 * * *', isPaused: false }, { cron: '30 4 * * *', until: null }).map(
        ({ name, kind }) => [name, kind],
      ),
    ).toEqual([
      ['cron', 'changed'],
      ['until', 'added'],
      ['isPaused', 'same'],
    ]);
  });

  it('takes what has no state after as removed', () => {
    expect(differencesOf({ url: 'https://x' }, null)).toEqual([
      { name: 'url', before: 'https://x', after: undefined, kind: 'removed' },
    ]);
  });

  it('goes into nested states, and leaves lists whole', () => {
    expect(differencesOf(null, { limits: { burst: 4 }, ids: ['a'] }).map(({ name }) => name)).toEqual([
      'limits.burst',
      'ids',
    ]);
    expect(differencesOf(null, null)).toEqual([]);
    expect(differencesOf('a', 'b')).toEqual([{ name: 'value', before: 'a', after: 'b', kind: 'changed' }]);
  });

  it('says it in one line', () => {
    expect(inShort({ startsPerSecond: null }, { startsPerSecond: 20 })).toBe('Starts per second: 20');
    expect(inShort({ reason: 'maintenance' }, { reason: null })).toBe('Reason removed, was maintenance');
    expect(inShort({ cron: '0 3 * * *' }, { cron: '30 4 * * *', timeZone: 'UTC' })).toBe(
      'Cron from 0 3 * * * to 30 4 * * *; time zone: UTC',
    );
    expect(inShort(null, { entryIds: Array.from({ length: 60 }, () => crypto.randomUUID()), until: null })).toBe(
      '60 entry ids',
    );
    expect(inShort({ url: 'x' }, null)).toBe('Url removed');
  });

  it('cuts a long text between words, so that no half of an instant stands there', () => {
    expect(shown('The API token night operator expires at 2026-11-27T00:00:00Z.', 48)).toBe(
      'The API token night operator expires at…',
    );
  });

  it('shows values as people read them', () => {
    expect([shown(true), shown(null), shown([]), shown(['a', 1]), shown('x'.repeat(50), 10)]).toEqual([
      'yes',
      'nothing',
      'none',
      'a, 1',
      `${'x'.repeat(10)}…`,
    ]);
  });
});
