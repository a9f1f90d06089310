/** Why a waiting entry is not attempted yet: the blockers that a claim is held back by. */

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

/** The claim takes what is due within this time: an instant may have been rounded up to the millisecond. */
const CLAIM_TOLERANCE_MS = 1;

/** Explains an entry that waits: its own time, what holds the queue or the family, or its turn. */
export function explainPending(entry: ExplainedEntry, conditions: QueueConditions): Explanation {
  const { now } = conditions;
  const blockers = [...waitsFor(entry, now), ...held(entry, conditions)];
  if (blockers.length === 0) {
    blockers.push({
      kind: 'WaitingForTurn',
      message: 'It is due, and is attempted as soon as a node has a free hand.',
      cure: isUsable(entry) ? null : retryCure(entry, true),
    });
  }
  if (!isUsable(entry)) blockers[blockers.length - 1] = withoutPassword(blockers);
  const instants = blockers.flatMap((blocker) => endOf(blocker) ?? []);
  const nextChangeAt = instants.length === 0 ? null : new Date(Math.min(...instants.map((at) => at.getTime())));
  return { summary: blockers.map(({ message }) => message).join(' '), blockers, nextChangeAt };
}

/** The last blocker, with what comes once none is left. */
function withoutPassword(blockers: readonly Blocker[]): Blocker {
  const last = blockers.at(-1);
  if (last === undefined) throw new Error('Without a blocker there is nothing to explain.');
  return {
    ...last,
    message: `${last.message} Then it fails: its password was not sealed by this server. Retry it with a new one.`,
  };
}

/** When the blocker goes by itself, or may: null when that cannot be known. */
function endOf(blocker: Blocker): Date | null {
  switch (blocker.kind) {
    case 'BackingOff':
      return blocker.retryAt;
    case 'ScheduledFor':
      return blocker.scheduledAt;
    case 'CircuitOpen':
      return blocker.nextProbeAt;
    case 'QueuePaused':
      return blocker.endsAt;
    case 'LeasedBy':
      return blocker.leaseEndsAt;
    case 'RateLimited':
      return blocker.nextStartAt;
    default:
      return null;
  }
}

/** Its own time has not come. */
function waitsFor(entry: ExplainedEntry, now: Date): Blocker[] {
  const until = later(entry.nextRetryAt, new Date(now.getTime() + CLAIM_TOLERANCE_MS));
  if (until === null) return [];
  const cure: Cure | null = isUsable(entry)
    ? { label: 'Retry now', mutation: 'retryEntry', input: { entryId: entry.id } }
    : retryCure(entry, true);
  if (entry.lastErrorCode === null) {
    return [{ kind: 'ScheduledFor', scheduledAt: until, message: `It is scheduled for ${until.toISOString()}.`, cure }];
  }
  const what = entry.isLookOnly
    ? 'A last look whether the account was made'
    : `Retry ${entry.retryCount} of ${MAX_RETRIES}`;
  return [
    {
      kind: 'BackingOff',
      retryAt: until,
      message: `${what} comes at ${until.toISOString()}; the last attempt failed with ${entry.lastErrorCode}.`,
      cure,
    },
  ];
}

/** What holds the whole queue or the family. */
function held(
  entry: ExplainedEntry,
  { now, circuit, queuePause, familyPause, nextStartAt, isConcurrencyUsedUp, liveNodeCount }: QueueConditions,
): Blocker[] {
  const blockers: Blocker[] = [];
  if (circuit.state !== 'closed') {
    blockers.push({
      kind: 'CircuitOpen',
      openedAt: circuit.openedAt,
      openedBy: circuit.openedBy,
      cause: circuit.cause,
      nextProbeAt: later(circuit.nextProbeAt, now),
      message: circuitMessage(circuit, now, outcomeOf(entry)),
      cure: { label: 'Close the circuit', mutation: 'closeCircuit', input: { reason: null } },
    });
  }
  if (queuePause !== null) blockers.push(paused(queuePause, now, null, outcomeOf(entry)));
  if (familyPause !== null) blockers.push(paused(familyPause, now, entry.familyId, outcomeOf(entry)));
  if (nextStartAt !== null || isConcurrencyUsedUp) {
    blockers.push({
      kind: 'RateLimited',
      nextStartAt: later(nextStartAt, now),
      message: isConcurrencyUsedUp
        ? 'As many attempts as allowed are under way.'
        : 'As many attempts as the limit allows were started just now.',
      cure: {
        label: 'Lift the limits',
        mutation: 'setQueueLimits',
        input: { startsPerSecond: null, concurrency: null },
      },
    });
  }
  if (liveNodeCount === 0)
    blockers.push({ kind: 'NoLiveNode', message: 'No node is running that could attempt it. Start one.', cure: null });
  return blockers;
}

/** What comes of itself once nothing holds the entry back. */
const outcomeOf = (entry: ExplainedEntry): string =>
  isUsable(entry) ? 'this account is made by itself' : 'it is attempted';

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Said so that it can be passed on to whoever waits for the account. */
function circuitMessage(
  { state, openedAt, openedBy, reason, nextProbeAt }: QueueConditions['circuit'],
  now: Date,
  outcome: string,
): string {
  if (state === 'half_open')
    return `One entry is being attempted to see whether the identity provider works again. If it does, ${outcome}.`;
  const since = openedAt === null ? '' : ` since ${openedAt.toISOString()}`;
  const probe = later(nextProbeAt, now)?.toISOString();
  if (openedBy !== null)
    return `The circuit has been open${since}, and ${openedBy} keeps it so by hand: “${unended(reason ?? 'no reason given')}”. ${capital(outcome)} once the circuit is closed${probe === undefined ? '' : `, which is tried from ${probe} on`}.`;
  return `The identity provider has not worked${since}: ${reason ?? 'it does not say why.'} ${capital(outcome)} once it works again, which is tried ${probe === undefined ? 'at any moment' : `next at ${probe}`}; the wait costs no retry.`;
}

function paused({ by, reason, since, until }: Pause, now: Date, familyId: string | null, outcome: string): Blocker {
  const endsAt = later(until, now);
  const goesOn = `once it is resumed${endsAt === null ? '' : `, at ${endsAt.toISOString()} at the latest`}`;
  return {
    kind: 'QueuePaused',
    pausedBy: by,
    reason,
    endsAt,
    message: `${familyId === null ? 'The queue' : 'The family’s queue'} has been paused by ${by} since ${since.toISOString()}: “${unended(reason)}”. ${capital(outcome)} ${goesOn}.`,
    cure: { label: 'Resume', mutation: 'resumeQueue', input: familyId === null ? {} : { familyId } },
  };
}

/** A person's reason as part of a sentence. */
const unended = (reason: string): string => reason.trim().replace(/\.$/, '');

/** The instant if it is still to come. */
export const later = (at: Date | null, now: Date): Date | null => (at !== null && at > now ? at : null);
