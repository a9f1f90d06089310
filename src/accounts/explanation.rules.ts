/**
 * Why an entry is not moving: what stands between it and its account, what an operator can do
 * about each, and when something next changes by itself. A property test holds it against the
 * statement that really claims.
 */
import type { CircuitState, EntryStatus } from '../database/generated/prisma/enums.ts';

/** What of an entry an explanation depends on. */
export interface ExplainedEntry {
  readonly id: string;
  readonly familyId: string | null;
  readonly status: EntryStatus;
  readonly retryCount: number;
  readonly nextRetryAt: Date | null;
  readonly attemptCount: number;
  readonly isLookOnly: boolean;
  readonly hasPassword: boolean;
  readonly lastErrorCode: string | null;
  readonly lastErrorMessage: string | null;
  readonly leaseNodeName: string | null;
  readonly leaseExpiresAt: Date | null;
}

export interface Pause {
  readonly by: string;
  readonly reason: string;
  readonly until: Date | null;
}

/** What the whole queue is subject to, at one instant. */
export interface QueueConditions {
  readonly now: Date;
  readonly circuit: {
    readonly state: CircuitState;
    readonly openedAt: Date | null;
    readonly cause: string | null;
    readonly reason: string | null;
    readonly nextProbeAt: Date | null;
  };
  readonly queuePause: Pause | null;
  /** Of the entry's own family. */
  readonly familyPause: Pause | null;
  /** When the rate or concurrency limit lets another attempt start; null when it does now. */
  readonly limitedUntil: Date | null;
  readonly isConcurrencyUsedUp: boolean;
  readonly liveNodeCount: number;
}

export interface Cure {
  /** What it does, for a button. */
  readonly label: string;
  /** The mutation's name, and the input to send; a null in it is for the operator to fill in. */
  readonly mutation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface BlockerOf<K extends string> {
  readonly kind: K;
  readonly message: string;
  readonly cure: Cure | null;
}

export type Blocker =
  | (BlockerOf<'BackingOff'> & { readonly until: Date })
  | (BlockerOf<'ScheduledFor'> & { readonly until: Date })
  | (BlockerOf<'CircuitOpen'> & {
      readonly since: Date | null;
      readonly cause: string | null;
      readonly nextProbeAt: Date | null;
    })
  | (BlockerOf<'QueuePaused'> & { readonly by: string; readonly reason: string; readonly until: Date | null })
  | (BlockerOf<'LeasedBy'> & { readonly node: string | null; readonly until: Date | null })
  | (BlockerOf<'RateLimited'> & { readonly until: Date | null })
  | BlockerOf<'NoLiveNode'>
  | BlockerOf<'WaitingForTurn'>
  | BlockerOf<'RetriesUsedUp'>
  | (BlockerOf<'PermanentError'> & { readonly code: string })
  | BlockerOf<'PasswordDestroyed'>;

export interface Explanation {
  readonly summary: string;
  readonly blockers: readonly Blocker[];
  /** The next instant at which something changes by itself; null when nothing will, or when it may at any moment. */
  readonly nextChangeAt: Date | null;
}

/** Codes whose cure is a new password. */
const PASSWORD_CODES: readonly string[] = ['PASSWORD_REFUSED', 'PASSWORD_NOT_SEALED'];

/** Explains an entry. No instant in the answer lies in the past. */
export function explain(entry: ExplainedEntry, conditions: QueueConditions): Explanation {
  switch (entry.status) {
    case 'completed':
      return { summary: 'The account exists.', blockers: [], nextChangeAt: null };
    case 'cancelled':
      return {
        summary: 'Cancelled. A retry takes that back.',
        blockers: entry.hasPassword ? [] : [passwordDestroyed(entry)],
        nextChangeAt: null,
      };
    case 'failed':
      return explainFailed(entry);
    case 'processing':
      return explainProcessing(entry, conditions.now);
    case 'pending':
      return explainPending(entry, conditions);
  }
}

function explainFailed(entry: ExplainedEntry): Explanation {
  const code = entry.lastErrorCode ?? 'UNKNOWN';
  const why = entry.lastErrorMessage ?? 'No attempt said why.';
  const needsPassword = !entry.hasPassword || PASSWORD_CODES.includes(code);
  const retry: Cure = needsPassword
    ? { label: 'Retry with a new password', mutation: 'retryEntry', input: { entryId: entry.id, password: null } }
    : { label: 'Retry', mutation: 'retryEntry', input: { entryId: entry.id } };
  const isUsedUp = entry.retryCount >= 5;
  const main: Blocker = isUsedUp
    ? { kind: 'RetriesUsedUp', message: `All retries failed, the last one with ${code}: ${why}`, cure: retry }
    : { kind: 'PermanentError', code, message: why, cure: retry };
  return {
    summary: isUsedUp ? 'Failed: all five retries are used up.' : `Failed for good with ${code}.`,
    blockers: entry.hasPassword ? [main] : [main, passwordDestroyed(entry)],
    nextChangeAt: null,
  };
}

const passwordDestroyed = (entry: ExplainedEntry): Blocker => ({
  kind: 'PasswordDestroyed',
  message: 'The password was destroyed by rule. A retry needs a new one.',
  cure: { label: 'Retry with a new password', mutation: 'retryEntry', input: { entryId: entry.id, password: null } },
});

function explainProcessing(entry: ExplainedEntry, now: Date): Explanation {
  const node = entry.leaseNodeName;
  const until = later(entry.leaseExpiresAt, now);
  const message =
    until === null
      ? `The node ${node ?? 'that attempted it'} stopped, and its lease has run out: another node takes the entry over in a few seconds.`
      : `The node ${node ?? '(unknown)'} is attempting it. Should that node stop, another takes over when the lease ends.`;
  return {
    summary: until === null ? 'Waits to be taken over.' : 'Is being attempted.',
    blockers: [{ kind: 'LeasedBy', node, until, message, cure: null }],
    nextChangeAt: until,
  };
}

function explainPending(entry: ExplainedEntry, conditions: QueueConditions): Explanation {
  const { now } = conditions;
  const blockers = [...waitsFor(entry, now), ...held(entry, conditions)];
  if (blockers.length === 0) {
    blockers.push({
      kind: 'WaitingForTurn',
      message: 'It is due, and is attempted as soon as a node has a free hand.',
      cure: null,
    });
  }
  const instants = blockers.flatMap((blocker) =>
    'until' in blocker && blocker.until !== null
      ? [blocker.until]
      : 'nextProbeAt' in blocker && blocker.nextProbeAt !== null
        ? [blocker.nextProbeAt]
        : [],
  );
  const nextChangeAt = instants.length === 0 ? null : new Date(Math.min(...instants.map((at) => at.getTime())));
  return { summary: blockers.map(({ message }) => message).join(' '), blockers, nextChangeAt };
}

/** Its own time has not come. */
function waitsFor(entry: ExplainedEntry, now: Date): Blocker[] {
  const until = later(entry.nextRetryAt, now);
  if (until === null) return [];
  const cure: Cure = { label: 'Attempt it now', mutation: 'retryEntry', input: { entryId: entry.id } };
  if (entry.lastErrorCode === null) {
    return [{ kind: 'ScheduledFor', until, message: `It is scheduled for ${until.toISOString()}.`, cure }];
  }
  const what = entry.isLookOnly ? 'A last look whether the account was made' : `Retry ${entry.retryCount} of 5`;
  return [
    {
      kind: 'BackingOff',
      until,
      message: `${what} comes at ${until.toISOString()}; the last attempt failed with ${entry.lastErrorCode}.`,
      cure,
    },
  ];
}

/** What holds the whole queue or the family. */
function held(
  entry: ExplainedEntry,
  { now, circuit, queuePause, familyPause, limitedUntil, isConcurrencyUsedUp, liveNodeCount }: QueueConditions,
): Blocker[] {
  const blockers: Blocker[] = [];
  if (circuit.state !== 'closed') {
    blockers.push({
      kind: 'CircuitOpen',
      since: circuit.openedAt,
      cause: circuit.cause,
      nextProbeAt: later(circuit.nextProbeAt, now),
      message: `The circuit is open: ${circuit.reason ?? 'the identity provider does not work'}`,
      cure: { label: 'Close the circuit', mutation: 'closeCircuit', input: { reason: null } },
    });
  }
  if (queuePause !== null) blockers.push(paused(queuePause, now, null));
  if (familyPause !== null) blockers.push(paused(familyPause, now, entry.familyId));
  if (limitedUntil !== null || isConcurrencyUsedUp) {
    blockers.push({
      kind: 'RateLimited',
      until: later(limitedUntil, now),
      message: isConcurrencyUsedUp
        ? 'As many attempts as allowed are under way.'
        : 'As many attempts as allowed were started in this second.',
      cure: {
        label: 'Change the limits',
        mutation: 'setQueueLimits',
        input: { startsPerSecond: null, concurrency: null },
      },
    });
  }
  if (liveNodeCount === 0)
    blockers.push({ kind: 'NoLiveNode', message: 'No node is running that could attempt it. Start one.', cure: null });
  return blockers;
}

const paused = ({ by, reason, until }: Pause, now: Date, familyId: string | null): Blocker => ({
  kind: 'QueuePaused',
  by,
  reason,
  until: later(until, now),
  message: `${familyId === null ? 'The queue' : 'The family’s queue'} is paused by ${by}: ${reason}`,
  cure: { label: 'Resume', mutation: 'resumeQueue', input: familyId === null ? {} : { familyId } },
});

const later = (at: Date | null, now: Date): Date | null => (at !== null && at > now ? at : null);
