/**
 * Starting what a plan says, and starting to take it back. Both only turn the action's status:
 * the work itself is done in batches by the runner, on this node or on whichever goes on.
 */
import { type Digester, digestFields, idempotently } from '../../access/idempotency.ts';
import type { Database } from '../../database/database.ts';
import type { BulkActionStatus } from '../../database/generated/prisma/enums.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import { applyProblem, keyIssues, type UndoableAction, undoProblem } from './bulk-action.rules.ts';

export interface ApplyRequest {
  readonly planId: string;
  readonly idempotencyKey?: string | null;
}

/**
 * Starts a plan: exactly once, whoever asks. Throws InvalidInputError, NotFoundError,
 * InvalidStateError (expired, applied already) or IdempotencyConflictError.
 */
export async function applyBulkAction(
  { db, digester }: { db: Database; digester: Digester },
  caller: string,
  { planId, idempotencyKey: key }: ApplyRequest,
): Promise<{ bulkActionId: string; isReplay: boolean; reason: string | null }> {
  const issues = keyIssues(key);
  if (issues.length > 0) throw new InvalidInputError(issues);
  const digests = key ? digestFields(digester, { planId }) : {};
  let reason: string | null = null;
  const { resultId, isReplay } = await db.transaction((tx) =>
    idempotently(tx, { caller, mutation: 'applyBulkAction', key, digests }, async () => {
      const [plan] = await tx.query<{ status: BulkActionStatus; isExpired: boolean; reason: string | null }>(
        'SELECT status, reason, expires_at <= now() AS "isExpired" FROM auth.bulk_actions WHERE id = $1 FOR UPDATE',
        [planId],
      );
      if (plan === undefined)
        throw new NotFoundError(
          `There is no plan with the id ${planId}; plans are dropped when they have expired. Plan again.`,
        );
      const problem = applyProblem(plan);
      if (problem !== undefined) throw new InvalidStateError(problem);
      reason = plan.reason;
      await tx.query(`UPDATE auth.bulk_actions SET status = 'running', actor = $2, applied_at = now() WHERE id = $1`, [
        planId,
        caller,
      ]);
      return planId;
    }),
  );
  return { bulkActionId: resultId, isReplay, reason };
}

/**
 * Starts to take a cancel or a run-at change back; one that is being taken back, or was, stays
 * so (`isChanged: false`). Throws NotFoundError or InvalidStateError.
 */
export async function undoBulkAction(
  db: Database,
  bulkActionId: string,
  undoWindowMs: number,
): Promise<{ isChanged: boolean }> {
  return db.transaction(async (tx) => {
    const [action] = await tx.query<UndoableAction & { now: Date }>(
      `SELECT action, status, finished_at AS "finishedAt", done_count AS "doneCount", now() AS now
       FROM auth.bulk_actions WHERE id = $1 FOR UPDATE`,
      [bulkActionId],
    );
    if (action === undefined) throw new NotFoundError(`There is no bulk action with the id ${bulkActionId}.`);
    const problem = undoProblem(action, action.now, undoWindowMs);
    if (problem !== undefined) throw new InvalidStateError(problem);
    if (action.status !== 'finished') return { isChanged: false };
    await tx.query(`UPDATE auth.bulk_actions SET status = 'undoing', finished_at = NULL WHERE id = $1`, [bulkActionId]);
    return { isChanged: true };
  });
}
