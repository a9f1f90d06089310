import { describe, expect, it } from 'vitest';
import { differencesOf, inShort, shown } from './difference.rules.ts';

describe('what an act changed', () => {
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
    expect(inShort({ startsPerSecond: null }, { startsPerSecond: 20 })).toBe('starts per second nothing → 20');
    expect(inShort(null, { entryIds: Array.from({ length: 60 }, () => crypto.randomUUID()), until: null })).toBe(
      'entry ids 60 of them',
    );
    expect(inShort({ url: 'x' }, null)).toBe('url removed');
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
