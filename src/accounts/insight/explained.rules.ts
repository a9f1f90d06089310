/** The input and output of explanations, and what their rules share. */
import type { AttemptOutcome, CircuitState, EntryStatus } from '../../database/generated/prisma/enums.ts';
import type { BlockerOf, Cure, ExplanationOf } from '../../diagnosis/cure.ts';
import { retryProblem } from '../entry.rules.ts';

/** The facts about an entry that its explanation depends on. */
export interface ExplainedEntry {
  readonly id: string;
  readonly familyId: string | null;
  readonly status: EntryStatus;
  readonly retryCount: number;
  readonly nextRetryAt: Date | null;
  readonly isLookupOnly: boolean;
  readonly hasPassword: boolean;
  /** The password was encrypted by this server, under a key that it still has. */
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
  /** Set only for a family's pause. */
  readonly familyName?: string | null;
}

/** What holds up the whole queue, at one point in time. */
export interface QueueConditions {
  readonly now: Date;
  readonly circuit: {
    readonly provider: string;
    readonly state: CircuitState;
    readonly openedAt: Date | null;
    readonly cause: string | null;
    readonly reason: string | null;
    /** The operator who opened it manually; null if failures opened it. */
    readonly openedBy: string | null;
    readonly nextProbeAt: Date | null;
  };
  readonly queuePause: Pause | null;
  /** The pause of the entry's family. */
  readonly familyPause: Pause | null;
  /** When the limit on starts allows another attempt; null when it does now. */
  readonly nextStartAt: Date | null;
  /** As many attempts as allowed are in progress. */
  readonly isConcurrencyUsedUp: boolean;
  readonly liveNodeCount: number;
}

/** What blocks an entry. `at` is when that ends, or may end; the message contains no timestamp. */
export type Blocker =
  | BlockerOf<
      | 'BackingOff'
      | 'ScheduledFor'
      | 'LeasedBy'
      | 'RateLimited'
      | 'NoLiveNode'
      | 'WaitingForTurn'
      | 'RetriesUsedUp'
      | 'PermanentError'
      | 'PasswordDestroyed'
    >
  | (BlockerOf<'CircuitOpen'> & {
      readonly openedAt: Date | null;
      readonly openedBy: string | null;
      readonly cause: string | null;
    })
  | (BlockerOf<'QueuePaused'> & { readonly pausedAt: Date; readonly pausedBy: string; readonly reason: string });

export type Explanation = ExplanationOf<Blocker>;

/** Whether an attempt could use the entry's password. */
export const isUsable = ({ hasPassword, isSealed }: ExplainedEntry): boolean => hasPassword && isSealed;

/** A manual retry; null if it would be refused because the family was deleted. */
export function retryCure({ id, familyId }: ExplainedEntry, needsPassword: boolean): Cure | null {
  const problem = retryProblem(
    { status: 'failed', hasPassword: true, isSealed: true, hasFamily: familyId !== null },
    needsPassword,
  );
  if (problem !== undefined) return null;
  return needsPassword
    ? { label: 'Retry with a new password', mutation: 'retryEntry', input: { entryId: id, password: null } }
    : { label: 'Retry', mutation: 'retryEntry', input: { entryId: id } };
}
