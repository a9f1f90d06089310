import { describe, expect, it } from 'vitest';
import { EVERYTHING, filterOf, type QueueView } from './queue-filter.rules.ts';
import { viewOfFilter } from './view-of-filter.rules.ts';

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
