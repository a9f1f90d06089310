import { describe, expect, it } from 'vitest';
import {
  applyProblem,
  bulkProblemMessage,
  MOST_ENTRY_IDS,
  planIssues,
  skipMessage,
  undoProblem,
} from './bulk-action.rules.ts';

const ID = '0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11';
const input = { action: 'retry', hasFilter: false, entryIds: [ID], runAt: null, reason: null } as const;
const codes = (changes: Partial<Parameters<typeof planIssues>[0]>) =>
  planIssues({ ...input, ...changes }).map(({ path, code }) => `${path.join('.')} ${code}`);

describe('what a plan must name', () => {
  it('takes one of filter and entryIds', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ hasFilter: true, entryIds: null })).toEqual([]);
    expect(codes({ hasFilter: true })).toEqual(['entryIds NOT_TOGETHER']);
    expect(codes({ entryIds: null })).toEqual(['filter MISSING']);
  });

  it('takes 1 to 10,000 ids', () => {
    expect(codes({ entryIds: [] })).toEqual(['entryIds INVALID_LENGTH']);
    expect(codes({ entryIds: Array(MOST_ENTRY_IDS).fill(ID) })).toEqual([]);
    expect(codes({ entryIds: Array(MOST_ENTRY_IDS + 1).fill(ID) })).toEqual(['entryIds INVALID_LENGTH']);
  });

  it('takes runAt for SET_RUN_AT and only there; says all problems at once', () => {
    expect(codes({ action: 'set_run_at', runAt: new Date() })).toEqual([]);
    expect(codes({ action: 'set_run_at' })).toEqual(['runAt MISSING']);
    expect(codes({ action: 'cancel', runAt: new Date() })).toEqual(['runAt NOT_ALLOWED']);
    expect(codes({ entryIds: null, runAt: new Date(), reason: 'a\0b' })).toEqual([
      'filter MISSING',
      'runAt NOT_ALLOWED',
      'reason INVALID_CHARACTERS',
    ]);
  });
});

describe('when it can be applied and taken back', () => {
  it('applies a plan once, and only a fresh one', () => {
    expect(applyProblem({ status: 'planned', isExpired: false })).toBeUndefined();
    expect(applyProblem({ status: 'planned', isExpired: true })).toMatch(/has expired/);
    expect(applyProblem({ status: 'running', isExpired: false })).toMatch(/applied already/);
    expect(applyProblem({ status: 'finished', isExpired: true })).toMatch(/applied already/);
  });

  it('takes a cancel back within the window, a run-at change at any time, a retry never', () => {
    const at = new Date('2026-03-01T10:00:00Z');
    const finished = { status: 'finished', finishedAt: at, doneCount: 3 } as const;
    const later = (ms: number) => new Date(at.getTime() + ms);
    expect(undoProblem({ ...finished, action: 'cancel' }, later(999), 1_000)).toBeUndefined();
    expect(undoProblem({ ...finished, action: 'cancel' }, later(1_000), 1_000)).toMatch(/undo window/);
    expect(undoProblem({ ...finished, action: 'set_run_at' }, later(1e9), 1_000)).toBeUndefined();
    expect(undoProblem({ ...finished, action: 'retry' }, later(0), 1_000)).toMatch(/cannot be undone/);
    expect(undoProblem({ ...finished, action: 'cancel', doneCount: 0 }, later(0), 1_000)).toMatch(/no entry/);
    expect(undoProblem({ ...finished, action: 'cancel', status: 'running' }, later(0), 1_000)).toMatch(/in progress/);
    expect(undoProblem({ ...finished, action: 'cancel', status: 'planned' }, later(0), 1_000)).toMatch(/never applied/);
    expect(undoProblem({ ...finished, action: 'cancel', status: 'undone' }, later(1e9), 1_000)).toBeUndefined();
  });
});

it('has a sentence for a code of a later version too', () => {
  expect(bulkProblemMessage('CHANGED')).toMatch(/plan again/);
  expect(bulkProblemMessage('SOMETHING_NEW')).toMatch(/left as it is/);
});

it('says of one that was completed since it was planned that its account exists', () => {
  expect(skipMessage('COMPLETED')).toMatch(/completed meanwhile: its account exists/);
  expect(skipMessage('ALREADY_CANCELLED')).toMatch(/cancelled meanwhile/);
  expect(skipMessage('CHANGED')).toBe(bulkProblemMessage('CHANGED'));
});
