/** Running a job by hand, once per idempotency key; if wanted, answering only when the run has ended. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Acts } from '../../access/acts.ts';
import { idempotencyKeyProblem } from '../../access/idempotency.rules.ts';
import {
  type Digester,
  digestFields,
  findRecorded,
  type IdempotentCall,
  recordAnswer,
} from '../../access/idempotency.ts';
import type { Database, Queryable } from '../../database/database.ts';
import { violation } from '../../database/violations.ts';
import { InvalidInputError } from '../../refusals.ts';
import type { Caller } from '../../work/caller.ts';
import { JobAlreadyRunningError } from '../job.errors.ts';
import type { Scheduler } from '../scheduler.ts';

/** A call that waits answers after this time at the latest, whether or not the run has ended. */
const LONGEST_WAIT_MS = 30_000;
/** How often a run is looked at that may be another node's: soon at first, later more seldom. */
const [FIRST_LOOK_MS, LONGEST_LOOK_MS] = [20, 500];

export interface RunNowRequest {
  readonly jobName: string;
  readonly reason?: string | null;
  readonly wait?: boolean | null;
  readonly idempotencyKey?: string | null;
}

export interface RunNowTools {
  readonly db: Database;
  readonly acts: Acts;
  readonly digester: Digester;
  readonly scheduler: Scheduler;
}

/** Starts a run on this node; a replay that waits does so wherever the run is. Throws InvalidInputError, NotFoundError, JobAlreadyRunningError, InvalidStateError or IdempotencyConflictError. */
export async function runJobNow(
  { db, acts, digester, scheduler }: RunNowTools,
  caller: Caller,
  request: RunNowRequest,
): Promise<{ runId: string; isReplay: boolean }> {
  const { jobName, wait, idempotencyKey: key } = request;
  const reason = request.reason ?? null;
  const problem = idempotencyKeyProblem(key);
  if (problem !== undefined) throw new InvalidInputError([{ path: ['idempotencyKey'], ...problem }]);
  const call: IdempotentCall = {
    caller: caller.id,
    mutation: 'runJobNow',
    key,
    digests: key ? digestFields(digester, { jobName, reason }) : {},
  };
  const replay = async (runId: string) => {
    if (wait) await untilEnded(db, runId);
    return { runId, isReplay: true };
  };
  const recorded = await findRecorded(db, call);
  if (recorded !== undefined) return replay(recorded);
  try {
    const { runId, finished } = await scheduler.runNow({
      jobName,
      actor: caller.name,
      reason,
      within: (start) =>
        acts.transaction(async (tx, acted) => {
          const run = await start(tx);
          if (key) await recordAnswer(tx, call, run.runId);
          acted({ caller, action: 'runJobNow', target: { type: 'JobRun', id: run.runId }, reason, after: { jobName } });
          return run;
        }),
    });
    if (wait) await Promise.race([finished, delay(LONGEST_WAIT_MS, undefined, { ref: false })]);
    return { runId, isReplay: false };
  } catch (error) {
    // The same key came at the same instant, here or to another node, and that call was quicker.
    const isRace = error instanceof JobAlreadyRunningError || violation(error)?.constraint === 'idempotency_keys_pkey';
    if (!isRace) throw error;
    const quicker = await findRecorded(db, call);
    if (quicker === undefined) throw error;
    return replay(quicker);
  }
}

async function untilEnded(db: Queryable, runId: string): Promise<void> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  for (let wait = FIRST_LOOK_MS; performance.now() < deadline; wait = Math.min(2 * wait, LONGEST_LOOK_MS)) {
    const going = await db.query(`SELECT FROM auth.job_runs WHERE id = $1 AND status = 'running'`, [runId]);
    if (going.length === 0) return;
    await delay(wait, undefined, { ref: false });
  }
}
