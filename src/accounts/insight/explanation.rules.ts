/**
 * Why an entry is not moving: what stands between it and its account, what an operator can do
 * about each, and when something next changes by itself. A property test holds it against the
 * statement that really claims.
 */
import type { AttemptOutcome, CircuitState, EntryStatus } from '../../database/generated/prisma/enums.ts';
import { MAX_RETRIES } from '../entry.rules.ts';
import { explainPending, later } from './explanation-waiting.rules.ts';
import { needsNewEntry } from './failure-group-cures.rules.ts';
import { isUsable, retryCure } from './retry-cure.rules.ts';

/** What of an entry an explanation depends on. */
export interface ExplainedEntry {
  readonly id: string;
  readonly familyId: string | null;
  readonly status: EntryStatus;
  readonly retryCount: number;
  readonly nextRetryAt: Date | null;
  readonly isLookOnly: boolean;
  readonly hasPassword: boolean;
  /** The password is one that this server sealed. */
  readonly isSealed: boolean;
  readonly lastOutcome: AttemptOutcome | null;
  readonly lastErrorCode: string | null;
  readonly lastErrorMessage: string | null;
  readonly leaseNodeName: string | null;
  readonly leaseExpiresAt: Date | null;
}

export interface Pause {
  readonly by: string;
  readonly reason: string;
  readonly since: Date;
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
    /** Who opened it by hand; null if failures did. */
    readonly openedBy: string | null;
    readonly nextProbeAt: Date | null;
  };
  readonly queuePause: Pause | null;
  /** Of the entry's own family. */
  readonly familyPause: Pause | null;
  /** When the limit on starts lets another attempt start; null when it does now. */
  readonly nextStartAt: Date | null;
  /** As many attempts as allowed are under way. */
  readonly isConcurrencyUsedUp: boolean;
  readonly liveNodeCount: number;
}

export interface Cure {
  /** What it does, for a button. */
  readonly label: string;
  /** The mutation's name, and the input to send; a password that is null in it is to be filled in. */
  readonly mutation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface BlockerOf<K extends string> {
  readonly kind: K;
  readonly message: string;
  readonly cure: Cure | null;
}

export type Blocker =
  | (BlockerOf<'BackingOff'> & { readonly retryAt: Date })
  | (BlockerOf<'ScheduledFor'> & { readonly scheduledAt: Date })
  | (BlockerOf<'CircuitOpen'> & {
      readonly openedAt: Date | null;
      readonly openedBy: string | null;
      readonly cause: string | null;
      readonly nextProbeAt: Date | null;
    })
  | (BlockerOf<'QueuePaused'> & { readonly pausedBy: string; readonly reason: string; readonly endsAt: Date | null })
  | (BlockerOf<'LeasedBy'> & { readonly node: string | null; readonly leaseEndsAt: Date | null })
  | (BlockerOf<'RateLimited'> & { readonly nextStartAt: Date | null })
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
        summary: `Cancelled. A retry takes that back${isUsable(entry) ? '' : ', with a new password'}.`,
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
  const cure: Cure | null = needsNewEntry(code)
    ? { label: 'Cancel it', mutation: 'cancelEntry', input: { entryId: entry.id } }
    : retryCure(entry, !isUsable(entry) || PASSWORD_CODES.includes(code));
  const isUsedUp = entry.lastOutcome !== 'permanent_failure' && entry.retryCount >= MAX_RETRIES;
  const main: Blocker = isUsedUp
    ? { kind: 'RetriesUsedUp', message: `All retries failed, the last one with ${code}: ${why}`, cure }
    : { kind: 'PermanentError', code, message: why, cure };
  return {
    summary: isUsedUp ? 'Failed: all retries are used up.' : 'Failed for good.',
    blockers: entry.hasPassword ? [main] : [main, passwordDestroyed(entry)],
    nextChangeAt: null,
  };
}

const passwordDestroyed = (entry: ExplainedEntry): Blocker => ({
  kind: 'PasswordDestroyed',
  message: 'The password was destroyed by rule. A retry needs a new one.',
  cure: retryCure(entry, true),
});

function explainProcessing(entry: ExplainedEntry, now: Date): Explanation {
  const node = entry.leaseNodeName;
  const until = later(entry.leaseExpiresAt, now);
  const message =
    until === null
      ? `${node ?? 'The node that attempted it'} stopped, and its lease has run out: another node takes the entry over in a few seconds.`
      : `${node ?? 'A node that is not known'} is attempting it. Should that node stop, another takes over when the lease ends.`;
  return {
    summary: until === null ? 'Waits to be taken over.' : 'Is being attempted.',
    blockers: [{ kind: 'LeasedBy', node, leaseEndsAt: until, message, cure: null }],
    nextChangeAt: until,
  };
}
