import { describe, expect, it } from 'vitest';
import type { ExplainedEntry, QueueConditions } from './explained.rules.ts';
import { explain } from './explanation.rules.ts';

const now = new Date('2026-11-25T12:00:00.000Z');
const later = new Date('2026-11-25T12:05:00.000Z');
const latest = new Date('2026-11-25T13:00:00.000Z');
const past = new Date('2026-11-25T11:00:00.000Z');

const conditions: QueueConditions = {
  now,
  circuit: {
    provider: 'zitadel',
    state: 'closed',
    openedAt: null,
    cause: null,
    reason: null,
    openedBy: null,
    nextProbeAt: null,
  },
  queuePause: null,
  familyPause: null,
  nextStartAt: null,
  isConcurrencyUsedUp: false,
  liveNodeCount: 1,
};
const entry: ExplainedEntry = {
  id: 'entry',
  familyId: 'family',
  status: 'pending',
  retryCount: 0,
  nextRetryAt: past,
  isLookupOnly: false,
  hasPassword: true,
  isSealed: true,
  lastOutcome: null,
  lastErrorCode: null,
  lastErrorMessage: null,
  leaseNodeName: null,
  leaseExpiresAt: null,
};

describe('a waiting entry', () => {
  it('waits for its turn, and nothing else, when nothing is in its way', () => {
    const { blockers, nextChangeAt } = explain(entry, conditions);
    expect(blockers).toMatchObject([{ kind: 'WaitingForTurn', cure: null }]);
    expect(nextChangeAt).toBeNull();
  });

  it('tells a schedule from a retry, and can be attempted now', () => {
    const cure = { mutation: 'retryEntry', input: { entryId: 'entry' } };
    expect(explain({ ...entry, nextRetryAt: later }, conditions)).toMatchObject({
      blockers: [{ kind: 'ScheduledFor', at: later, cure }],
      nextChangeAt: later,
    });
    const failed = { ...entry, nextRetryAt: later, retryCount: 2, lastErrorCode: 'PROVIDER_UNAVAILABLE' };
    const backingOff = explain(failed, conditions);
    expect(backingOff.blockers).toMatchObject([{ kind: 'BackingOff', at: later, cure }]);
    expect(backingOff.summary).toBe('Waiting for its next retry.');
    expect(backingOff.blockers[0]?.message).toBe('Retry 2 of 5. The last attempt failed with PROVIDER_UNAVAILABLE.');
    expect(explain({ ...failed, isLookupOnly: true }, conditions).blockers[0]?.message).toContain('A last lookup');
  });

  it('with a password that nobody sealed is promised no account, and its cure is a new password', () => {
    const unsealed = { ...entry, isSealed: false };
    const cure = { mutation: 'retryEntry', input: { entryId: 'entry', password: null } };
    for (const nextRetryAt of [past, later]) {
      const { blockers, summary } = explain({ ...unsealed, nextRetryAt }, conditions);
      expect(blockers).toMatchObject([{ cure }]);
      expect(summary).toMatch(
        /Then it fails: its password was not encrypted by this server, or its key is gone\. Retry it with a new one\.$/,
      );
    }
    const pause = { by: 'anna', reason: 'maintenance', since: past, until: null };
    for (const state of ['open', 'half_open'] as const) {
      const held = explain(unsealed, {
        ...conditions,
        circuit: { ...conditions.circuit, state },
        queuePause: pause,
        familyPause: pause,
      });
      for (const { message } of held.blockers) expect(message).not.toContain('account is created');
      expect(held.summary).toContain('Then it fails');
    }
    expect(explain({ ...unsealed, status: 'cancelled' }, conditions).summary).toContain('with a new password');
    expect(
      explain({ ...unsealed, status: 'failed', lastErrorCode: 'PROVIDER_UNAVAILABLE' }, conditions).blockers,
    ).toMatchObject([{ cure }]);
  });

  it('names everything that holds it, each with its cure, and the first instant of change', () => {
    const pause = { by: 'anna', reason: 'maintenance', since: past, until: null };
    const { summary, blockers, nextChangeAt } = explain(
      { ...entry, nextRetryAt: latest },
      {
        ...conditions,
        circuit: {
          provider: 'zitadel',
          state: 'open',
          openedAt: past,
          cause: 'PROVIDER_TOKEN_INVALID',
          reason: 'Wrong.',
          openedBy: null,
          nextProbeAt: past,
        },
        queuePause: pause,
        familyPause: { ...pause, until: later, familyName: 'Smith' },
        isConcurrencyUsedUp: true,
        liveNodeCount: 0,
      },
    );
    expect(blockers).toMatchObject([
      { kind: 'ScheduledFor', at: latest },
      {
        kind: 'CircuitOpen',
        openedAt: past,
        cause: 'PROVIDER_TOKEN_INVALID',
        at: null,
        cure: { mutation: 'closeCircuit' },
      },
      {
        kind: 'QueuePaused',
        pausedBy: 'anna',
        pausedAt: past,
        at: null,
        subject: null,
        cure: { mutation: 'resumeQueue', input: {} },
      },
      {
        kind: 'QueuePaused',
        at: later,
        subject: 'family',
        cure: { mutation: 'resumeQueue', input: { familyId: 'family' } },
      },
      { kind: 'RateLimited', at: null, cure: { mutation: 'setQueueLimits' } },
      { kind: 'NoLiveNode', cure: null },
    ]);
    expect(nextChangeAt).toEqual(later);
    expect(summary).toBe(
      'Waiting for its scheduled time, the circuit to close, the queue to be resumed, the queue’s limits and a running node.',
    );
  });

  it('says of the circuit what can be passed on: why, and that the account is created automatically', () => {
    const messageOf = (circuit: Partial<QueueConditions['circuit']>) =>
      explain(entry, {
        ...conditions,
        circuit: { ...conditions.circuit, state: 'open', openedAt: past, reason: 'It is down.', ...circuit },
      }).blockers[0]?.message;
    expect(messageOf({ cause: 'PROVIDER_UNAVAILABLE', nextProbeAt: later })).toBe(
      'The circuit to zitadel is open: no entry is attempted. The cause is PROVIDER_UNAVAILABLE. It is down. This account is created automatically once the circuit is closed; the wait costs no retry.',
    );
    expect(messageOf({ openedBy: 'anna', reason: 'maintenance' })).toBe(
      'The circuit to zitadel is open: no entry is attempted. anna opened it: “maintenance”. This account is created automatically once the circuit is closed; the wait costs no retry.',
    );
    expect(messageOf({ state: 'half_open' })).toMatch(/half open.* This account is created automatically once/);
  });

  it('says in fields since when the circuit has been open, and when it is next probed', () => {
    const blockerOf = (nextProbeAt: Date | null) =>
      explain(entry, {
        ...conditions,
        circuit: { ...conditions.circuit, state: 'open', openedAt: past, openedBy: 'anna', nextProbeAt },
      }).blockers[0];
    expect(blockerOf(later)).toMatchObject({ openedAt: past, openedBy: 'anna', at: later });
    expect(blockerOf(past)).toMatchObject({ at: null });
  });

  it('says the same of a pause', () => {
    const blockerOf = (until: Date | null) =>
      explain(entry, {
        ...conditions,
        familyPause: { by: 'anna', reason: 'A move', since: past, until, familyName: 'Smith' },
      }).blockers[0];
    expect(blockerOf(null)).toMatchObject({
      message:
        'The queue of Smith is paused by anna: “A move”. This account is created automatically once it is resumed.',
      pausedAt: past,
      at: null,
    });
    expect(blockerOf(later)).toMatchObject({ at: later });
  });
});

describe('a failed entry', () => {
  const failed: ExplainedEntry = {
    ...entry,
    status: 'failed',
    nextRetryAt: null,
    retryCount: 5,
    lastOutcome: 'transient_failure',
    lastErrorCode: 'PROVIDER_UNAVAILABLE',
    lastErrorMessage: 'It was down.',
  };
  const retry = { mutation: 'retryEntry', input: { entryId: 'entry' } };
  const retryWithPassword = { mutation: 'retryEntry', input: { entryId: 'entry', password: null } };

  it('has used up its retries, or failed for good, also at the last retry', () => {
    expect(explain(failed, conditions).blockers).toMatchObject([
      { kind: 'RetriesUsedUp', code: 'PROVIDER_UNAVAILABLE', cure: retry },
    ]);
    expect(explain({ ...failed, lastOutcome: 'permanent_failure' }, conditions).blockers).toMatchObject([
      { kind: 'PermanentError', code: 'PROVIDER_UNAVAILABLE', message: 'It was down.', cure: retry },
    ]);
  });

  it('needs a new password when its own is gone or no good', () => {
    expect(explain({ ...failed, hasPassword: false }, conditions).blockers).toMatchObject([
      { kind: 'RetriesUsedUp', cure: retryWithPassword },
      { kind: 'PasswordDestroyed', cure: retryWithPassword },
    ]);
    const refused = { ...failed, lastOutcome: 'permanent_failure', lastErrorCode: 'PASSWORD_REFUSED' } as const;
    expect(explain(refused, conditions).blockers).toMatchObject([{ kind: 'PermanentError', cure: retryWithPassword }]);
  });

  it('is to be given up when a retry would meet the same refusal', () => {
    const refused = { ...failed, lastOutcome: 'permanent_failure', lastErrorCode: 'ACCOUNT_DATA_REFUSED' } as const;
    const cancel = { mutation: 'cancelEntry', input: { entryId: 'entry' } };
    expect(explain(refused, conditions)).toMatchObject({
      summary: 'Failed with a permanent error.',
      blockers: [{ kind: 'PermanentError', code: 'ACCOUNT_DATA_REFUSED', cure: cancel }],
    });
    expect(explain({ ...refused, hasPassword: false }, conditions).blockers).toMatchObject([
      { cure: cancel },
      { kind: 'PasswordDestroyed', cure: retryWithPassword },
    ]);
  });

  it('offers no retry that would be refused: its family is gone', () => {
    const { blockers } = explain({ ...failed, familyId: null, hasPassword: false }, conditions);
    expect(blockers.map(({ cure }) => cure)).toEqual([null, null]);
  });
});

describe('an entry being attempted', () => {
  it('is held by its node until the lease ends, and then taken over at any moment', () => {
    const processing: ExplainedEntry = {
      ...entry,
      status: 'processing',
      leaseNodeName: 'jobs-1',
      leaseExpiresAt: later,
    };
    expect(explain(processing, conditions)).toMatchObject({
      blockers: [{ kind: 'LeasedBy', subject: 'jobs-1', at: later, cure: null }],
      nextChangeAt: later,
    });
    expect(explain({ ...processing, leaseExpiresAt: past }, conditions)).toMatchObject({
      blockers: [{ kind: 'LeasedBy', at: null }],
      nextChangeAt: null,
    });
  });
});

it('puts no instant into a sentence', () => {
  const pause = { by: 'anna', reason: 'maintenance', since: past, until: later };
  const all = {
    ...conditions,
    circuit: { ...conditions.circuit, openedAt: past, nextProbeAt: later, reason: 'It is down.' },
    queuePause: pause,
    familyPause: pause,
    nextStartAt: later,
  };
  for (const status of ['pending', 'processing', 'failed', 'cancelled', 'completed'] as const)
    for (const state of ['closed', 'open', 'half_open'] as const) {
      const { summary, blockers } = explain(
        { ...entry, status, nextRetryAt: later, leaseExpiresAt: later },
        { ...all, circuit: { ...all.circuit, state } },
      );
      for (const text of [summary, ...blockers.map(({ message }) => message)]) expect(text).not.toMatch(/\d{4}-\d\d/);
    }
});

describe('an entry that is finished', () => {
  it('has no blocker but a destroyed password', () => {
    expect(explain({ ...entry, status: 'completed', hasPassword: false }, conditions).blockers).toEqual([]);
    expect(explain({ ...entry, status: 'cancelled' }, conditions).blockers).toEqual([]);
    expect(explain({ ...entry, status: 'cancelled', hasPassword: false }, conditions).blockers).toMatchObject([
      { kind: 'PasswordDestroyed' },
    ]);
  });
});
