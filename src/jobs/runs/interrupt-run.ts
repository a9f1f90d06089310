/**
 * Asking a run to end, on whichever node it runs. The wish is written to the run's row: its node
 * finds it there at the next renewal of the lease, or sooner by a notice, and aborts the run's
 * signal; the job ends by itself, or is given up after a grace time (run-execution.ts).
 */
import type { Queryable } from '../../database/database.ts';
import type { RunStatus } from '../../database/generated/prisma/enums.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';

/** Who asked a run to end, and why if they said. */
export interface Interruption {
  readonly by: string;
  readonly reason: string | null;
}

export const interruptionMessage = ({ by, reason }: Interruption): string =>
  reason === null ? `Interrupted by ${by}.` : `Interrupted by ${by}: ${reason}`;

/**
 * Writes the wish; the first one stays. `isChanged` is false when the run was asked before.
 * Refuses with NotFoundError, or InvalidStateError when the run has ended.
 */
export async function interruptRun(
  db: Queryable,
  runId: string,
  { by, reason }: Interruption,
): Promise<{ jobName: string; isChanged: boolean }> {
  const [asked] = await db.query<{ jobName: string }>(
    `UPDATE auth.job_runs SET interrupted_at = now(), interrupted_by = $2, interrupt_reason = $3, updated_at = now()
      WHERE id = $1 AND status = 'running' AND interrupted_at IS NULL
     RETURNING job_name AS "jobName"`,
    [runId, by, reason],
  );
  if (asked !== undefined) return { ...asked, isChanged: true };
  const [run] = await db.query<{ jobName: string; status: RunStatus; finishedAt: Date | null }>(
    'SELECT job_name AS "jobName", status, finished_at AS "finishedAt" FROM auth.job_runs WHERE id = $1',
    [runId],
  );
  if (run === undefined)
    throw new NotFoundError(`There is no run with the id ${runId}. List them with the query "jobRuns".`);
  if (run.finishedAt !== null)
    throw new InvalidStateError(
      `This run of ${run.jobName} ended at ${run.finishedAt.toISOString()} (${run.status}): nothing is left to interrupt.`,
    );
  return { jobName: run.jobName, isChanged: false };
}
