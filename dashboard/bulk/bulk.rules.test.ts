import { describe, expect, it } from 'vitest';
import {
  askFrom,
  type GrowingList,
  PER_PAGE,
  progressOf,
  restOf,
  standstillOf,
  tenthsOf,
  whyNoUndo,
  withPage,
} from './bulk.rules.ts';

const counts = { totalCount: 10, doneCount: 4, skippedCount: 1, undoneCount: 0, keptCount: 0 };

describe('how far a bulk action is', () => {
  it('counts what was changed and what was skipped of all that was planned', () => {
    expect(progressOf({ ...counts, status: 'RUNNING' })).toEqual({ done: 5, total: 10, isUnderWay: true });
    expect(progressOf({ ...counts, status: 'PLANNED' }).isUnderWay).toBe(false);
  });

  it('counts an undo over what was changed', () => {
    const undoing = { ...counts, doneCount: 9, undoneCount: 2, keptCount: 1 };
    expect(progressOf({ ...undoing, status: 'UNDOING' })).toEqual({ done: 3, total: 9, isUnderWay: true });
    expect(progressOf({ ...undoing, status: 'UNDONE' }).isUnderWay).toBe(false);
  });

  it('reckons the rest by the speed so far, and says nothing before there is one', () => {
    expect(restOf({ done: 5, total: 10, isUnderWay: true }, 1_000)).toBe(1_000);
    expect(restOf({ done: 0, total: 10, isUnderWay: true }, 1_000)).toBeUndefined();
    expect(restOf({ done: 10, total: 10, isUnderWay: true }, 1_000)).toBeUndefined();
    expect(restOf({ done: 5, total: 10, isUnderWay: false }, 1_000)).toBeUndefined();
  });

  it('goes by tenths where it is told', () => {
    const at = (done: number, total: number) => tenthsOf({ done, total, isUnderWay: true });
    expect([at(0, 0), at(0, 50), at(4, 50), at(5, 50), at(49, 50), at(50, 50)]).toEqual([0, 0, 0, 1, 9, 10]);
  });
});

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

const AT = '2026-11-26T12:00:00Z';
const FREE_AT = '2026-11-26T12:00:40Z';
const later = (ms: number): number => Date.parse(AT) + ms;

it('stands still once its node has done nothing for longer than a batch takes', () => {
  const bulk = { status: 'RUNNING', lastBatchAt: AT, freeAt: FREE_AT } as const;
  expect(standstillOf(bulk, later(1_000))).toBeUndefined();
  expect(standstillOf(bulk, later(12_000))).toEqual({ lastBatchAt: AT, freeAt: FREE_AT });
  expect(standstillOf({ ...bulk, status: 'UNDOING' }, later(12_000))).toBeDefined();
});

it('does not while no node has taken it, nor once it is finished', () => {
  expect(standstillOf({ status: 'RUNNING', lastBatchAt: null, freeAt: null }, later(12_000))).toBeUndefined();
  expect(standstillOf({ status: 'FINISHED', lastBatchAt: AT, freeAt: FREE_AT }, later(12_000))).toBeUndefined();
});

const finished = { action: 'CANCEL', status: 'FINISHED', doneCount: 3, canUndo: false } as const;

describe('why a bulk action cannot be undone', () => {
  it('says of a retry that it never can, however it stands', () => {
    for (const status of ['PLANNED', 'RUNNING', 'FINISHED'] as const)
      expect(whyNoUndo({ ...finished, action: 'RETRY', status })).toMatch(/^A retry cannot be undone/);
  });

  it('says of others what stands against it', () => {
    expect(whyNoUndo({ ...finished, canUndo: true })).toBeUndefined();
    expect(whyNoUndo({ ...finished, status: 'RUNNING' })).toBe('It is still being applied.');
    expect(whyNoUndo({ ...finished, status: 'UNDONE' })).toBe('It was undone.');
    expect(whyNoUndo({ ...finished, doneCount: 0 })).toBe('It changed no entry.');
    expect(whyNoUndo(finished)).toMatch(/undo period is over/);
  });
});
