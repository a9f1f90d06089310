/** Runs a job on request, once per idempotency key; optionally returns only when the run has ended. */
import { setTimeout as delay } from 'node:timers/promises';
import { requireUsableKey } from '../../access/idempotency.rules.ts';
import { once } from '../../access/idempotency.ts';
import type { Queryable } from '../../database/database.ts';
import type { Context } from '../../work/context.ts';
import { unit } from '../../work/unit.ts';

/** A call that waits returns after this time at the latest, whether or not the run has ended. */
const LONGEST_WAIT_MS = 30_000;
/** How often to poll a run that may be on another node: the interval doubles from the first value to the second. */
const [FIRST_POLL_MS, LONGEST_POLL_MS] = [20, 500];

export interface RunNowRequest {
  readonly jobName: string;
  readonly reason?: string | null;
  readonly wait?: boolean | null;
  readonly idempotencyKey?: string | null;
}

/**
 * Starts a run on this node; a replay with `wait` waits for the run on any node. Throws InvalidInputError,
 * NotFoundError, JobAlreadyRunningError, InvalidStateError or IdempotencyConflictError.
 */
export async function runJobNow(
  ctx: Context,
  { jobName, reason = null, wait, idempotencyKey: key }: RunNowRequest,
): Promise<{ runId: string; isReplay: boolean }> {
  requireUsableKey(key);
  const call = { mutation: 'runJobNow', key, input: { jobName, reason } };
  const { answer, finished } = await ctx.scheduler.runNow({ jobName, actor: ctx.caller.name, reason }, (start) =>
    unit(ctx, (tx) =>
      once(tx, ctx, call, async () => {
        const { runId } = await start(tx);
        tx.happened('runRequested', { id: runId, reason, after: { jobName } });
        return runId;
      }),
    ),
  );
  const { resultId: runId, isReplay } = answer;
  if (wait)
    await (finished
      ? Promise.race([finished, delay(LONGEST_WAIT_MS, undefined, { ref: false })])
      : untilEnded(ctx.db, runId));
  return { runId, isReplay };
}

async function untilEnded(db: Queryable, runId: string): Promise<void> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  for (let wait = FIRST_POLL_MS; performance.now() < deadline; wait = Math.min(2 * wait, LONGEST_POLL_MS)) {
    const going = await db.query(`SELECT FROM auth.job_runs WHERE id = $1 AND status = 'running'`, [runId]);
    if (going.length === 0) return;
    await delay(wait, undefined, { ref: false });
  }
}
