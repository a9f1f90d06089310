/**
 * Decisions about a bulk action, without a database: what a plan must contain, whether it can be applied,
 * whether the action can be undone, and the messages for why an entry is left out. bulk-problems.ts decides
 * which entries are left out.
 */
import type { BulkActionKind, BulkActionStatus } from '../../database/generated/prisma/enums.ts';
import { messageOf } from '../../diagnosis/failure-messages.ts';
import type { InputIssue } from '../../refusals.ts';

/** How long a plan can be applied. */
export const PLAN_LIFETIME_MS = 15 * 60_000;
export const MOST_ENTRY_IDS = 10_000;

/** Why an entry is left out of a plan, skipped when the plan is applied, or not restored by an undo. */
export type BulkProblemCode =
  | 'NOT_FOUND'
  | 'COMPLETED'
  | 'PROCESSING'
  | 'ALREADY_CANCELLED'
  | 'NOT_PENDING'
  | 'OUTCOME_UNKNOWN'
  | 'PASSWORD_DESTROYED'
  | 'PASSWORD_NOT_SEALED'
  | 'USERNAME_TAKEN'
  | 'FAMILY_DELETED'
  | 'CHANGED';

const MESSAGES: Record<BulkProblemCode, string> = {
  NOT_FOUND: 'No entry has this id.',
  COMPLETED: 'The entry is completed: its account exists.',
  PROCESSING: 'The entry is being attempted. Wait for the outcome, then plan again.',
  ALREADY_CANCELLED: 'The entry is cancelled already.',
  NOT_PENDING: 'The entry is not pending: it has failed or was cancelled. Retry it first.',
  OUTCOME_UNKNOWN:
    'An earlier attempt may have created the account. Cancel the entry alone (cancelEntry), which looks up the account first.',
  PASSWORD_DESTROYED: 'The entry’s password was destroyed. Retry it alone (retryEntry), with a new password.',
  PASSWORD_NOT_SEALED: messageOf('PASSWORD_NOT_SEALED'),
  USERNAME_TAKEN: 'The username belongs to a user or to another entry that is still being created.',
  FAMILY_DELETED: messageOf('FAMILY_DELETED'),
  CHANGED: 'The entry changed meanwhile, so it was skipped. Check it, and plan again if you still want the change.',
};

/** The message for a code. */
export function bulkProblemMessage(code: string): string {
  return MESSAGES[code as BulkProblemCode] ?? 'The entry was left as it is.';
}

/** Messages for entries that reached the goal without the bulk action. */
const SKIPPED: Readonly<Record<string, string>> = {
  COMPLETED: 'The entry was completed meanwhile: its account exists. There is nothing left to do.',
  ALREADY_CANCELLED: 'The entry was cancelled meanwhile, so there is nothing left to do.',
};

/** The message for a code, for an entry that was planned but not changed. */
export function skipMessage(code: string): string {
  return SKIPPED[code] ?? bulkProblemMessage(code);
}

/** Entries that a plan leaves out for one reason. */
export interface Exclusion {
  readonly code: string;
  readonly count: number;
  /** The first ten. */
  readonly entryIds: readonly string[];
}

/** The message for an exclusion; unknown ids are listed, since nothing else can show them. */
export function exclusionMessage({ code, entryIds }: Exclusion): string {
  return bulkProblemMessage(code) + (code === 'NOT_FOUND' ? ` The first: ${entryIds.join(', ')}` : '');
}

export interface PlanInput {
  readonly action: BulkActionKind;
  readonly hasFilter: boolean;
  readonly entryIds: readonly string[] | null | undefined;
  readonly runAt: Date | null | undefined;
  readonly reason: string | null | undefined;
}

/** Returns every problem with a plan's input; empty if there is none. */
export function planIssues({ action, hasFilter, entryIds, runAt, reason }: PlanInput): InputIssue[] {
  const issues: InputIssue[] = [];
  const add = (path: string, code: string, message: string) => issues.push({ path: [path], code, message });
  if (hasFilter && entryIds)
    add('entryIds', 'NOT_TOGETHER', 'Give either "filter" or "entryIds", not both: which entries would be meant?');
  if (!hasFilter && !entryIds)
    add('filter', 'MISSING', 'Give "filter" or "entryIds". An empty filter {} means all entries.');
  if (entryIds && (entryIds.length < 1 || entryIds.length > MOST_ENTRY_IDS))
    add(
      'entryIds',
      'INVALID_LENGTH',
      `Give 1 to ${MOST_ENTRY_IDS} ids, not ${entryIds.length}; for more use "filter".`,
    );
  if (action === 'set_run_at' && !runAt) add('runAt', 'MISSING', 'SET_RUN_AT needs "runAt": the new instant.');
  if (action !== 'set_run_at' && runAt) add('runAt', 'NOT_ALLOWED', 'Only SET_RUN_AT takes "runAt". Leave it out.');
  // PostgreSQL's type text cannot store it.
  if (reason?.includes('\0')) add('reason', 'INVALID_CHARACTERS', 'A reason has no zero character.');
  return issues;
}

/** Returns why a plan cannot be applied, or undefined if it can. */
export function applyProblem(plan: { status: BulkActionStatus; isExpired: boolean }): string | undefined {
  if (plan.status !== 'planned')
    return 'The plan was applied already. See how far it is with the query "bulkAction", or plan again.';
  if (plan.isExpired)
    return 'The plan has expired: it is older than 15 minutes, and the queue may look different now. Plan again.';
  return undefined;
}

export interface UndoableAction {
  readonly action: BulkActionKind;
  readonly status: BulkActionStatus;
  readonly finishedAt: Date | null;
  readonly doneCount: number;
}

/** Returns why a bulk action cannot be undone, or undefined if it can (or is being undone, or was). */
export function undoProblem(action: UndoableAction, now: Date, undoWindowMs: number): string | undefined {
  if (action.status === 'undoing' || action.status === 'undone') return undefined;
  if (action.status === 'planned') return 'The plan was never applied, so there is nothing to undo.';
  if (action.action === 'retry')
    return 'A retry cannot be undone: attempts may have run. Plan a bulk action CANCEL for the entries that are still pending.';
  if (action.status === 'running') return 'The bulk action is still in progress. Undo it when it is finished.';
  if (action.doneCount === 0) return 'The bulk action changed no entry, so there is nothing to undo.';
  const endsAt = (action.finishedAt?.getTime() ?? 0) + undoWindowMs;
  if (action.action === 'cancel' && now.getTime() >= endsAt)
    return 'The undo window has passed, and the passwords of the cancelled entries are destroyed. Retry the entries with new passwords.';
  return undefined;
}
