/** Why a pending entry is not attempted yet: what prevents its claim. */
import type { Said } from '../../diagnosis/condition.ts';
import { said } from '../../diagnosis/conditions.ts';
import type { Cure } from '../../diagnosis/cure.ts';
import { MAX_RETRIES } from '../entry.rules.ts';
import {
  type Blocker,
  type ExplainedEntry,
  type Explanation,
  isUsable,
  type Pause,
  type QueueConditions,
  retryCure,
} from './explained.rules.ts';

/** Claims include entries due within this time: a timestamp may have been rounded up to the millisecond. */
const CLAIM_TOLERANCE_MS = 1;

/** What an entry waits for, by kind of blocker, as the summary puts it. */
const WAITS_FOR: Readonly<Partial<Record<Blocker['kind'], string>>> = {
  BackingOff: 'its next retry',
  ScheduledFor: 'its scheduled time',
  CircuitOpen: 'the circuit to close',
  QueuePaused: 'the queue to be resumed',
  RateLimited: 'the queue’s limits',
  NoLiveNode: 'a running node',
  WaitingForTurn: 'a free worker',
};

/** Explains a pending entry: it is not due yet, the queue or the family is held up, or no worker is free. */
export function explainPending(entry: ExplainedEntry, conditions: QueueConditions): Explanation {
  const blockers = [...waitsFor(entry, conditions.now), ...held(entry, conditions)];
  if (blockers.length === 0)
    blockers.push({
      kind: 'WaitingForTurn',
      message: 'It is due, and is attempted as soon as a worker is free.',
      cure: isUsable(entry) ? null : retryCure(entry, true),
    });
  const names = [...new Set(blockers.flatMap(({ kind }) => WAITS_FOR[kind] ?? []))];
  const then = isUsable(entry)
    ? ''
    : ' Then it fails: its password was not encrypted by this server, or its key is gone. Retry it with a new one.';
  const instants = blockers.flatMap(({ at }) => at ?? []);
  return {
    summary: `Waiting for ${inList(names)}.${then}`,
    blockers,
    nextChangeAt: instants.length === 0 ? null : new Date(Math.min(...instants.map((at) => at.getTime()))),
  };
}

const inList = (names: readonly string[]): string =>
  [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');

/** The blocker of an entry that is not due yet. */
function waitsFor(entry: ExplainedEntry, now: Date): Blocker[] {
  const at = later(entry.nextRetryAt, new Date(now.getTime() + CLAIM_TOLERANCE_MS));
  if (at === null) return [];
  const cure: Cure | null = isUsable(entry)
    ? { label: 'Retry now', mutation: 'retryEntry', input: { entryId: entry.id } }
    : retryCure(entry, true);
  if (entry.lastErrorCode === null) return [{ kind: 'ScheduledFor', at, message: 'It is scheduled for later.', cure }];
  const what = entry.isLookupOnly
    ? 'A last lookup at the identity provider decides whether the account was created'
    : `Retry ${entry.retryCount} of ${MAX_RETRIES}`;
  return [{ kind: 'BackingOff', at, message: `${what}. The last attempt failed with ${entry.lastErrorCode}.`, cure }];
}

/** What holds up the whole queue or the family, each with what it means for this entry. */
function held(
  entry: ExplainedEntry,
  { now, circuit, queuePause, familyPause, nextStartAt, isConcurrencyUsedUp, liveNodeCount }: QueueConditions,
): Blocker[] {
  const blockers: Blocker[] = [];
  const then = isUsable(entry) ? 'This account is created automatically' : 'It is attempted';
  if (circuit.state !== 'closed') {
    const { provider, openedAt, openedBy, cause, reason } = circuit;
    const { message, cure } = said('CIRCUIT_OPEN', {
      ...{ provider, cause, openedBy, reason },
      isHalfOpen: circuit.state === 'half_open',
    });
    const why = cause === null || reason === null ? '' : ` ${reason}`;
    blockers.push({
      kind: 'CircuitOpen',
      at: later(circuit.nextProbeAt, now),
      subject: provider,
      ...{ openedAt, openedBy, cause, cure },
      message: `${message}${why} ${then} once the circuit is closed; the wait costs no retry.`,
    });
  }
  if (queuePause !== null) blockers.push(paused(queuePause, null, said('QUEUE_PAUSED', queuePause), now, then));
  if (familyPause !== null && entry.familyId !== null) {
    const family = { familyId: entry.familyId, familyName: familyPause.familyName ?? 'the family' };
    blockers.push(paused(familyPause, entry.familyId, said('FAMILY_PAUSED', { ...familyPause, ...family }), now, then));
  }
  if (nextStartAt !== null || isConcurrencyUsedUp) {
    const input = { startsPerSecond: null, concurrency: null };
    blockers.push({
      kind: 'RateLimited',
      at: later(nextStartAt, now),
      message: isConcurrencyUsedUp
        ? 'The limit on attempts at a time is reached.'
        : 'The limit on attempts per second is reached.',
      cure: { label: 'Lift the limits', mutation: 'setQueueLimits', input },
    });
  }
  if (liveNodeCount === 0) {
    const { message, advice, cure } = said('NO_LIVE_NODE', {});
    blockers.push({ kind: 'NoLiveNode', message: `${message} ${advice}`, cure });
  }
  return blockers;
}

const paused = (
  { by, reason, since, until }: Pause,
  subject: string | null,
  { message, cure }: Said,
  now: Date,
  then: string,
): Blocker => ({
  kind: 'QueuePaused',
  at: later(until, now),
  ...{ subject, reason, cure, pausedAt: since, pausedBy: by },
  message: `${message} ${then} once it is resumed.`,
});

/** The timestamp if it is in the future, otherwise null. */
export const later = (at: Date | null, now: Date): Date | null => (at !== null && at > now ? at : null);
