import { describe, expect, it } from 'vitest';
import { askFrom, type GrowingList, PER_PAGE, withPage } from './growing-list.rules.ts';

const list = (size: number, endCursor: string | null, hasNextPage = false): GrowingList<number> => ({
  nodes: Array.from({ length: size }, (_, index) => index),
  pageInfo: { endCursor, hasNextPage },
});

describe('a list that has grown', () => {
  it('has its first page asked for again, and nothing when more pages were loaded and another follows', () => {
    expect(askFrom(list(0, null))).toBeNull();
    expect(askFrom(list(PER_PAGE, 'c', true))).toBeNull();
    expect(askFrom(list(2 * PER_PAGE, 'c', true))).toBeUndefined();
  });

  it('goes on after what was loaded', () => {
    expect(askFrom(list(PER_PAGE + 1, 'c'))).toBe('c');
    const more = withPage(list(2, 'c'), { nodes: [2, 3], pageInfo: { endCursor: 'd', hasNextPage: true } }, 'c');
    expect(more).toEqual({ nodes: [0, 1, 2, 3], pageInfo: { endCursor: 'd', hasNextPage: true } });
  });

  it('keeps its end when nothing came, and begins anew from the beginning', () => {
    expect(withPage(list(2, 'c'), list(0, null), 'c')).toEqual(list(2, 'c'));
    expect(withPage(list(2, 'c'), list(3, 'd'), null)).toEqual(list(3, 'd'));
  });
});
