import { describe, expect, it } from 'vitest';
import { EVERYTHING, filterOf, type QueueView, readView } from './queue-filter.rules.ts';
import {
  BUILT_IN,
  isShown,
  problemOfName,
  readViews,
  renamed,
  viewOfFilter,
  without,
  withView,
} from './views.rules.ts';

const mine = withView([], ' Noah’s ', { ...EVERYTHING, username: 'noah' });

describe('saved views', () => {
  it('keep a name and the address of their filters', () => {
    expect(mine).toEqual([{ name: 'Noah’s', address: 'username=noah' }]);
    expect(renamed(mine, 'Noah’s', 'His')).toEqual([{ name: 'His', address: 'username=noah' }]);
    expect(without(mine, 'Noah’s')).toEqual([]);
  });

  it('need a name that no other has, the built-in ones included', () => {
    expect(problemOfName('  ', mine)).toBe('Enter a name.');
    expect(problemOfName('DUE NOW', mine)).toBe('A view with this name exists.');
    expect(problemOfName('noah’s', mine)).toBe('A view with this name exists.');
    expect(problemOfName('noah’s', mine, 'Noah’s')).toBeUndefined();
    expect(problemOfName('x'.repeat(41), mine)).toBe('At most 40 characters.');
  });

  it('are read as far as they can be', () => {
    expect(readViews(null)).toEqual([]);
    expect(readViews('{"no":"list"}')).toEqual([]);
    expect(readViews('not JSON')).toEqual([]);
    expect(readViews(JSON.stringify([...mine, { name: 7 }, null]))).toEqual(mine);
  });

  it('are known again however the address is written', () => {
    const due = BUILT_IN.find(({ name }) => name === 'Due now');
    const byHand = 'direction=asc&sort=next_retry_at&dueNow=true';
    expect(due && isShown(due, readView(new URLSearchParams(byHand)))).toBe(true);
    expect(due && isShown(due, EVERYTHING)).toBe(false);
  });

  it('all lead back to themselves', () => {
    for (const view of BUILT_IN) expect(isShown(view, readView(new URLSearchParams(view.address)))).toBe(true);
  });
});

describe('the view of a filter', () => {
  it('is the one that the filter was made of', () => {
    const view: QueueView = {
      ...EVERYTHING,
      state: ['PENDING', 'FAILED'],
      family: '2f5eea85-8658-4268-a9d8-1772fb76014b',
      username: 'noah',
      errorCode: 'RATE_LIMITED',
      failureGroup: 'key',
      created: { from: '2026-11-26T07:00:00.000Z', to: '2026-11-26T08:00:00.000Z' },
      due: { to: '2026-11-26T08:00:00.000Z' },
      dueNow: true,
    };
    expect(viewOfFilter(filterOf(view, 0, 0))).toEqual(view);
    expect(viewOfFilter({})).toEqual(EVERYTHING);
  });

  it('is none where a view cannot say all of it', () => {
    for (const filter of [
      null,
      { entryIds: ['a'] },
      { completedAt: {} },
      { status: [] },
      { username: { in: ['noah'] } },
      { username: { startsWith: 'no', equals: 'noah' } },
    ])
      expect(viewOfFilter(filter)).toBeUndefined();
  });
});
