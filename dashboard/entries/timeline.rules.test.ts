import { describe, expect, it } from 'vitest';
import type { Act, Attempt, AttemptPage, BulkChange, Transition } from './entry-query.ts';
import { enqueuerAmong, joinPages, type Story, tell } from './timeline.rules.ts';
import { pausesOf } from './waits.rules.ts';

const at = (minute: number): string => `2027-01-01T10:${String(minute).padStart(2, '0')}:00.000Z`;
const attempt = (number: number, minute: number): Attempt => ({
  number,
  outcome: 'TRANSIENT_FAILURE',
  startedAt: at(minute),
  finishedAt: at(minute),
  duration: 'PT0S',
  errorCode: 'PROVIDER_UNAVAILABLE',
  errorMessage: 'It is down.',
  providerRequestId: null,
  node: null,
});
const turn = (from: Transition['from'], to: Transition['to'], minute: number): Transition => ({
  from,
  to,
  changedAt: at(minute),
  cause: null,
  reason: null,
  actor: null,
});
const act = (action: string, minute: number, after: unknown = null, change: Partial<Act> = {}): Act => ({
  id: `${action}${minute}`,
  action,
  actor: 'Ada',
  outcome: 'DONE',
  reason: 'Because.',
  at: at(minute),
  before: null,
  after,
  targetType: null,
  targetId: null,
  ...change,
});
const entry: Story['entry'] = {
  createdAt: at(10),
  completedAt: null,
  failedAt: null,
  cancelledAt: null,
  passwordDestroyedAt: null,
  bulkActions: [],
};
const story = (change: Partial<Story>): Story => ({
  entry,
  attempts: [],
  transitions: [],
  acts: [],
  pauses: [],
  ...change,
});
const keys = (told: ReturnType<typeof tell>): string[] => told.map(({ key }) => key);

describe('tell', () => {
  it('tells the newest first, and what ended an entry above what led there', () => {
    const told = tell(
      story({
        entry: { ...entry, completedAt: at(20), passwordDestroyedAt: at(20) },
        attempts: [attempt(2, 20), attempt(1, 11)],
        acts: [act('retryEntry', 15)],
      }),
    );
    expect(keys(told)).toEqual([
      'password-destroyed',
      'completed',
      'attempt-2',
      'act-retryEntry15',
      'attempt-1',
      'enqueued',
    ]);
  });

  it('tells of the enqueuing once, with who did it and for when', () => {
    const told = tell(story({ acts: [act('enqueueAccount', 10, { runAt: at(40) })] }));
    expect(told).toEqual([{ kind: 'enqueued', key: 'enqueued', at: at(10), by: 'Ada', runAt: at(40) }]);
  });

  it('tells of each bulk action when it changed the entry, and of its undo apart', () => {
    const bulk = (id: string, minute: number, change: Partial<BulkChange>): BulkChange => ({
      outcome: 'CHANGED',
      message: null,
      changedAt: at(minute),
      undoneAt: null,
      undoneBy: null,
      undoReason: null,
      bulkAction: {
        ...{ id, bulkActionId: id, action: 'CANCEL', actor: 'Ada', reason: null, runAt: null },
        ...{ appliedAt: at(minute - 1), finishedAt: at(minute + 5) },
      },
      ...change,
    });
    const bulkActions = [
      bulk('left-out', 25, { outcome: 'SKIPPED', changedAt: null, message: 'It has changed.' }),
      bulk('cancel', 16, { outcome: 'UNDONE', undoneAt: at(18), undoneBy: 'Ben' }),
      bulk('retry', 12, {}),
    ];
    const told = tell(story({ entry: { ...entry, bulkActions }, attempts: [attempt(2, 13), attempt(1, 11)] }));
    expect(told.map((one) => [one.key, one.at])).toEqual([
      ['bulk-left-out', at(24)],
      ['bulk-undone-cancel', at(18)],
      ['bulk-cancel', at(16)],
      ['attempt-2', at(13)],
      ['bulk-retry', at(12)],
      ['attempt-1', at(11)],
      ['enqueued', at(10)],
    ]);
  });

  it('tells of the circuit only while the entry waited, without its probes', () => {
    const transitions = [
      turn('HALF_OPEN', 'CLOSED', 50),
      turn('OPEN', 'HALF_OPEN', 49),
      turn('CLOSED', 'OPEN', 15),
      turn('HALF_OPEN', 'CLOSED', 5),
      turn('CLOSED', 'OPEN', 4),
    ];
    expect(keys(tell(story({ transitions })))).toEqual([
      `circuit-${at(50)}-CLOSED`,
      `circuit-${at(15)}-OPEN`,
      'enqueued',
    ]);
    const failed = { ...entry, failedAt: at(20) };
    expect(keys(tell(story({ entry: failed, transitions })))).toEqual([`circuit-${at(15)}-OPEN`, 'enqueued']);
  });

  it('takes the destruction of a password for no wait', () => {
    const cancelled = { ...entry, cancelledAt: at(20), passwordDestroyedAt: at(40) };
    const told = tell(
      story({ entry: cancelled, acts: [act('cancelEntry', 20)], transitions: [turn('CLOSED', 'OPEN', 30)] }),
    );
    expect(keys(told)).toEqual(['password-destroyed', 'act-cancelEntry20', 'enqueued']);
  });

  it('tells nothing of the circuit after a failure, also of one that was cancelled later', () => {
    const transitions = [turn('OPEN', 'CLOSED', 25), turn('CLOSED', 'OPEN', 22)];
    const cancelled = { ...entry, failedAt: at(20), cancelledAt: at(30) };
    const acts = [act('cancelEntry', 30, null, { before: { status: 'failed' } })];
    expect(keys(tell(story({ entry: cancelled, acts, transitions, attempts: [attempt(1, 20)] })))).toEqual([
      'act-cancelEntry30',
      'attempt-1',
      'enqueued',
    ]);
  });

  it('tells of the circuit again once a retry has it wait anew', () => {
    const transitions = [
      turn('OPEN', 'CLOSED', 35),
      turn('CLOSED', 'OPEN', 25),
      turn('OPEN', 'CLOSED', 23),
      turn('CLOSED', 'OPEN', 22),
    ];
    const acts = [act('retryEntry', 30, null, { before: { status: 'failed' } })];
    const told = tell(story({ acts, transitions, attempts: [attempt(1, 20)] }));
    expect(keys(told)).toEqual([
      `circuit-${at(35)}-CLOSED`,
      `circuit-${at(30)}-OPEN`,
      'act-retryEntry30',
      'attempt-1',
      'enqueued',
    ]);
    expect(told[1]).toMatchObject({ wasOpenAlready: true });
  });

  it('tells of the pauses that held it, of the queue and of its family', () => {
    const queue = { targetType: 'Queue', targetId: 'queue' };
    const family = { targetType: 'Family', targetId: 'its' };
    const acts = [
      act('resumeQueue', 30, null, queue),
      act('pauseQueue', 25, { isPaused: true, until: at(59) }, queue),
      act('pauseQueue', 20, { isPaused: true, until: null }, queue),
      act('pauseQueue', 12, { isPaused: true, until: at(14) }, family),
      act('pauseQueue', 11, { isPaused: true, until: null }, { ...family, targetId: 'another' }),
      act('pauseQueue', 5, { isPaused: true, until: at(11) }, queue),
      act('pauseQueue', 1, { isPaused: true, until: at(2) }, queue),
    ];
    const told = tell(story({ pauses: pausesOf(acts, 'its', Date.parse(at(40))) }));
    expect(
      told.flatMap((one) => (one.kind === 'pause' ? [[one.at, one.pausing.kind, one.pausing.isOfFamily]] : [])),
    ).toEqual([
      [at(30), 'resumed', false],
      [at(25), 'changed', false],
      [at(20), 'paused', false],
      [at(14), 'ran out', true],
      [at(12), 'paused', true],
      [at(11), 'ran out', false],
      [at(10), 'paused', false],
    ]);
    expect(told.find((one) => one.at === at(10) && one.kind === 'pause')).toMatchObject({ wasAlready: true });
  });

  it('says who enqueued it together with others, and nobody where that is not known', () => {
    const batches = [
      { id: 'b', actor: 'Ben', after: { entryIds: ['other'] } },
      { id: 'a', actor: 'Ada', after: { entryIds: ['this', 'that'] } },
    ];
    expect(enqueuerAmong(batches, 'this')).toBe('Ada');
    expect(tell(story({ enqueuer: 'Ada' }))).toMatchObject([{ kind: 'enqueued', by: 'Ada' }]);
    expect(tell(story({ enqueuer: enqueuerAmong(batches, 'unknown') }))).toMatchObject([{ by: undefined }]);
  });

  it('says that the circuit was open already', () => {
    const told = tell(story({ transitions: [turn('CLOSED', 'OPEN', 4)] }));
    expect(told[0]).toMatchObject({ kind: 'circuit', at: at(10), wasOpenAlready: true });
  });
});

describe('joinPages', () => {
  const page = (numbers: readonly number[], hasPreviousPage: boolean): AttemptPage => ({
    nodes: numbers.map((number) => attempt(number, number)),
    pageInfo: { hasPreviousPage, startCursor: `c${numbers[0]}` },
  });

  it('joins pages that overlap as the newest one moves on', () => {
    const joined = joinPages(page([5, 6, 7], true), [page([3, 4, 5], true), page([1, 2], false)]);
    expect(joined.attempts.map(({ number }) => number)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(joined).toMatchObject({ hasEarlier: false, cursor: 'c1' });
  });

  it('stops before a hole, so that it can be filled', () => {
    const joined = joinPages(page([9, 10], true), [page([3, 4], true)]);
    expect(joined.attempts.map(({ number }) => number)).toEqual([10, 9]);
    expect(joined).toMatchObject({ hasEarlier: true, cursor: 'c9' });
  });
});
