/**
 * Starts a planned bulk action, and starts its undo. Both only change the action's status: a runner, on this or
 * another node, does the work in batches.
 */
import { requireUsableKey } from '../../access/idempotency.rules.ts';
import { once } from '../../access/idempotency.ts';
import type { BulkActionKind, BulkActionStatus } from '../../database/generated/prisma/enums.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { unit } from '../../work/unit.ts';
import { applyProblem, type UndoableAction, undoProblem } from './bulk-action.rules.ts';

export interface ApplyRequest {
  readonly planId: string;
  readonly idempotencyKey?: string | null;
}

interface PlanToApply {
  readonly action: BulkActionKind;
  readonly status: BulkActionStatus;
  readonly isExpired: boolean;
  readonly reason: string | null;
  readonly count: number;
}

/**
 * Starts a plan, at most once. Throws InvalidInputError, NotFoundError, InvalidStateError (expired, already
 * applied) or IdempotencyConflictError.
 */
export async function applyBulkAction(
  ctx: Context,
  { planId, idempotencyKey: key }: ApplyRequest,
): Promise<{ bulkActionId: string; isReplay: boolean }> {
  const { name, familyId } = ctx.caller;
  requireUsableKey(key);
  return unit(ctx, async (tx) => {
    const call = { mutation: 'applyBulkAction', key, input: { planId } };
    const { resultId, isReplay } = await once(tx, ctx, call, async () => {
      const [plan] = await tx.query<PlanToApply>(
        `SELECT action, status, reason, total_count AS count, expires_at <= now() AS "isExpired" FROM auth.bulk_actions
         WHERE id = $1 AND ($2::uuid IS NULL OR family_id = $2) FOR UPDATE`,
        [planId, familyId],
      );
      if (plan === undefined)
        throw new NotFoundError(
          `There is no plan with the id ${planId}; plans are dropped when they have expired. Plan again.`,
        );
      const problem = applyProblem(plan);
      if (problem !== undefined) throw new InvalidStateError(problem);
      await tx.query(`UPDATE auth.bulk_actions SET status = 'running', actor = $2, applied_at = now() WHERE id = $1`, [
        planId,
        name,
      ]);
      const { action, reason, count } = plan;
      tx.happened('bulkActionApplied', { id: planId, familyId, reason, after: { action, count } });
      return planId;
    });
    return { bulkActionId: resultId, isReplay };
  });
}

export interface UndoRequest {
  readonly bulkActionId: string;
  readonly reason?: string | null;
}

/**
 * Starts to undo a cancel or a run-at change; returns `isChanged: false` if the action is already being undone,
 * or was. Throws NotFoundError or InvalidStateError.
 */
export async function undoBulkAction(
  ctx: Context,
  { bulkActionId, reason }: UndoRequest,
): Promise<{ bulkActionId: string; isChanged: boolean }> {
  const { name, familyId } = ctx.caller;
  return unit(ctx, async (tx) => {
    const [action] = await tx.query<UndoableAction & { now: Date }>(
      `SELECT action, status, finished_at AS "finishedAt", done_count AS "doneCount", now() AS now
       FROM auth.bulk_actions WHERE id = $1 AND ($2::uuid IS NULL OR family_id = $2) FOR UPDATE`,
      [bulkActionId, familyId],
    );
    if (action === undefined) throw new NotFoundError(`There is no bulk action with the id ${bulkActionId}.`);
    const problem = undoProblem(action, action.now, ctx.config.UNDO_WINDOW);
    if (problem !== undefined) throw new InvalidStateError(problem);
    if (action.status !== 'finished') return { bulkActionId, isChanged: false };
    await tx.query(
      `UPDATE auth.bulk_actions
       SET status = 'undoing', finished_at = NULL, undone_by = $2, undo_reason = $3, undo_asked_at = now()
       WHERE id = $1`,
      [bulkActionId, name, reason ?? null],
    );
    const after = { action: action.action, count: action.doneCount };
    tx.happened('bulkActionUndone', { id: bulkActionId, familyId, reason, after });
    return { bulkActionId, isChanged: true };
  });
}
