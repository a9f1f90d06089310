import { describe, expect, it } from 'vitest';
import { progressOf, restOf, tenthsOf } from './bulk-progress.rules.ts';

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
