import { describe, expect, it } from 'vitest';
import {
  allOf,
  isAbove,
  isIn,
  isToBeLoadedAnew,
  type ListedEntry,
  listOf,
  NOTHING,
  type Selection,
  sizeOf,
  toAsk,
  toggled,
  upTo,
  withAnswer,
  withPage,
} from './entry-list.rules.ts';

interface Row extends ListedEntry {
  readonly status: string;
}
/** Creates a row whose id is the minute of its creation. */
const row = (id: string, status = 'PENDING'): Row => ({
  entryId: id,
  createdAt: `2026-11-26T12:${id}:00Z`,
  nextRetryAt: null,
  status,
});
const NEWEST = { field: 'CREATED_AT', direction: 'DESC' } as const;
const ids = (rows: readonly ListedEntry[]): string[] => rows.map(({ entryId }) => entryId);
const list = listOf({ nodes: [row('30'), row('20')], endCursor: 'c', hasMore: true });

describe('the rows that are shown', () => {
  it('change in their places', () => {
    const next = withAnswer(list, { asked: ['20'], rows: [row('20', 'FAILED')], fitting: new Set(['20']) }, NEWEST);
    expect(next.rows).toEqual([row('30'), row('20', 'FAILED')]);
    expect(next.left.size).toBe(0);
  });

  it('stay when the filter no longer finds them, and are themselves again when it does', () => {
    const gone = withAnswer(list, { asked: ['30'], rows: [row('30', 'COMPLETED')], fitting: new Set() }, NEWEST);
    expect(ids(gone.rows)).toEqual(['30', '20']);
    expect([...gone.left]).toEqual(['30']);
    const back = withAnswer(gone, { asked: ['30'], rows: [row('30')], fitting: new Set(['30']) }, NEWEST);
    expect(back.left.size).toBe(0);
  });

  it('stay as they were when their entry was deleted', () => {
    const next = withAnswer(list, { asked: ['30'], rows: [], fitting: new Set() }, NEWEST);
    expect(next.rows[0]).toEqual(row('30'));
    expect([...next.left]).toEqual(['30']);
  });

  it('go on with the next page, each entry once', () => {
    const next = withPage(list, { nodes: [row('20'), row('10')], endCursor: 'd', hasMore: false });
    expect(ids(next.rows)).toEqual(['30', '20', '10']);
    expect(next).toMatchObject({ endCursor: 'd', hasMore: false });
  });
});

describe('new entries', () => {
  const answer = (id: string, fits = true) => ({ asked: [id], rows: [row(id)], fitting: new Set(fits ? [id] : []) });

  it('are counted, and not put among the rows', () => {
    const next = withAnswer(list, answer('40'), NEWEST);
    expect(ids(next.rows)).toEqual(['30', '20']);
    expect([...next.fresh]).toEqual(['40']);
  });

  it('are not counted when the filter does not find them, or no longer does', () => {
    expect(withAnswer(list, answer('40', false), NEWEST).fresh.size).toBe(0);
    expect(withAnswer(withAnswer(list, answer('40'), NEWEST), answer('40', false), NEWEST).fresh.size).toBe(0);
  });

  it('are only those that would stand above the last row, for the others may have been there', () => {
    expect(withAnswer(list, answer('10'), NEWEST).fresh.size).toBe(0);
    expect(withAnswer({ ...list, hasMore: false }, answer('10'), NEWEST).fresh.size).toBe(1);
  });
});

describe('a list without rows', () => {
  const none = listOf<Row>({ nodes: [], endCursor: null, hasMore: false });

  it('is loaded anew by itself as soon as there may be some, and one with rows is not', () => {
    expect(isToBeLoadedAnew(none)).toBe(false);
    expect(isToBeLoadedAnew({ ...none, fresh: new Set(['40']) })).toBe(true);
    expect(isToBeLoadedAnew({ ...none, isMoreFresh: true })).toBe(true);
    expect(isToBeLoadedAnew({ ...list, fresh: new Set(['40']), isMoreFresh: true })).toBe(false);
  });
});

describe('the order', () => {
  it('puts entries without the instant last, whichever end is first', () => {
    const due = { ...row('10'), nextRetryAt: '2026-11-26T13:00:00Z' };
    for (const direction of ['ASC', 'DESC'] as const) {
      expect(isAbove(due, row('30'), { field: 'NEXT_RETRY_AT', direction })).toBe(true);
      expect(isAbove(row('30'), due, { field: 'NEXT_RETRY_AT', direction })).toBe(false);
    }
  });
});

describe('what is asked for', () => {
  it('is first what is shown, and of the others no more than can be looked at', () => {
    expect(toAsk(list, ['1', '2', '20', '3'], 2)).toEqual({ ids: ['20', '1', '2'], isTooMany: true });
    expect(toAsk(list, ['1', '30'], 2)).toEqual({ ids: ['30', '1'], isTooMany: false });
  });
});

const SHOWN = ['a', 'b', 'c', 'd'];
const idsOf = (selection: Selection): string[] => (selection.kind === 'some' ? [...selection.ids].sort() : ['*']);

describe('the selection', () => {
  it('takes one and gives it up again', () => {
    const one = toggled(NOTHING, 'b', SHOWN);
    expect(idsOf(one)).toEqual(['b']);
    expect(idsOf(toggled(one, 'b', SHOWN))).toEqual([]);
  });

  it('goes from the one chosen last to this one, upwards too', () => {
    expect(idsOf(upTo(toggled(NOTHING, 'd', SHOWN), 'b', SHOWN))).toEqual(['b', 'c', 'd']);
    expect(idsOf(upTo(NOTHING, 'b', SHOWN))).toEqual(['b']);
  });

  it('begins anew when the one chosen last is no longer shown', () => {
    expect(idsOf(upTo(toggled(NOTHING, 'z', SHOWN), 'b', SHOWN))).toEqual(['b', 'z']);
  });

  it('is all of the filter until one is given up, and then what is shown without it', () => {
    const all: Selection = { kind: 'filter' };
    expect(isIn(all, 'whichever')).toBe(true);
    expect(sizeOf(all, 1_200_000)).toBe(1_200_000);
    expect(idsOf(toggled(all, 'b', SHOWN))).toEqual(['a', 'c', 'd']);
    expect(upTo(all, 'b', SHOWN)).toBe(all);
  });

  it('counts what it holds', () => {
    expect(sizeOf(allOf(SHOWN), undefined)).toBe(4);
    expect(sizeOf({ kind: 'filter' }, undefined)).toBeUndefined();
  });
});
