/**
 * Asks a run to end, on whichever node it runs. The request is written to the run's row: the run's node reads it
 * at the next renewal of the lease, or sooner after a notification, and aborts the run's signal. The job then
 * ends, or its run is closed after a grace period (run-execution.ts).
 */
import type { RunStatus } from '../../database/generated/prisma/enums.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { type UnitTransaction, unit } from '../../work/unit.ts';

export interface InterruptRequest {
  readonly runId: string;
  readonly reason: string | null;
}

/**
 * Asks the run to end. The first request stays; a later one returns `isChanged: false`. Throws NotFoundError, or
 * InvalidStateError when the run has ended.
 */
export async function interruptRun(
  ctx: Context,
  request: InterruptRequest,
): Promise<{ runId: string; isChanged: boolean }> {
  const isChanged = await unit(ctx, (tx) => writeWish(tx, ctx.caller.name, request));
  // A node that lost its notification gets another one.
  if (!isChanged) ctx.notices.notify('schedules', 'changes');
  return { runId: request.runId, isChanged };
}

async function writeWish(tx: UnitTransaction, by: string, { runId, reason }: InterruptRequest): Promise<boolean> {
  const [asked] = await tx.query<{ jobName: string }>(
    `UPDATE auth.job_runs SET interrupted_at = now(), interrupted_by = $2, interrupt_reason = $3, updated_at = now()
      WHERE id = $1 AND status = 'running' AND interrupted_at IS NULL
     RETURNING job_name AS "jobName"`,
    [runId, by, reason],
  );
  if (asked !== undefined) {
    tx.happened('runInterrupted', { id: runId, reason, after: asked });
    return true;
  }
  const [run] = await tx.query<{ jobName: string; status: RunStatus; finishedAt: Date | null }>(
    'SELECT job_name AS "jobName", status, finished_at AS "finishedAt" FROM auth.job_runs WHERE id = $1',
    [runId],
  );
  if (run === undefined)
    throw new NotFoundError(`There is no run with the id ${runId}. List them with the query "jobRuns".`);
  if (run.finishedAt !== null)
    throw new InvalidStateError(
      `This run of ${run.jobName} ended at ${run.finishedAt.toISOString()} (${run.status}): nothing is left to interrupt.`,
    );
  return false;
}
