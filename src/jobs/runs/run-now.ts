/** Running a job by hand, once per idempotency key; if wanted, answering only when the run has ended. */
import { setTimeout as delay } from 'node:timers/promises';
import { idempotencyKeyProblem } from '../../access/idempotency.rules.ts';
import {
  type Digester,
  digestFields,
  findRecorded,
  type IdempotentCall,
  recordAnswer,
} from '../../access/idempotency.ts';
import type { Database } from '../../database/database.ts';
import { violation } from '../../database/violations.ts';
import { InvalidInputError } from '../../refusals.ts';
import { JobAlreadyRunningError } from '../job.errors.ts';
import type { Scheduler } from '../scheduler.ts';

/** A call that waits answers after this time at the latest, whether or not the run has ended. */
const LONGEST_WAIT_MS = 30_000;

export interface RunNowRequest {
  readonly jobName: string;
  readonly reason?: string | null;
  readonly wait?: boolean | null;
  readonly idempotencyKey?: string | null;
}

export interface RunNowTools {
  readonly db: Database;
  readonly digester: Digester;
  readonly scheduler: Scheduler;
}

/** Starts a run on this node. Throws InvalidInputError, NotFoundError, JobAlreadyRunningError, InvalidStateError or IdempotencyConflictError. */
export async function runJobNow(
  { db, digester, scheduler }: RunNowTools,
  caller: string,
  request: RunNowRequest,
): Promise<{ runId: string; isReplay: boolean }> {
  const { jobName, wait, idempotencyKey: key } = request;
  const reason = request.reason ?? null;
  const problem = idempotencyKeyProblem(key);
  if (problem !== undefined) throw new InvalidInputError([{ path: ['idempotencyKey'], ...problem }]);
  const call: IdempotentCall = {
    caller,
    mutation: 'runJobNow',
    key,
    digests: key ? digestFields(digester, { jobName, reason }) : {},
  };
  const recorded = await findRecorded(db, call);
  if (recorded !== undefined) return { runId: recorded, isReplay: true };
  try {
    const record = key
      ? { record: (tx: Parameters<typeof recordAnswer>[0], runId: string) => recordAnswer(tx, call, runId) }
      : {};
    const { runId, finished } = await scheduler.runNow({ jobName, actor: caller, reason, ...record });
    if (wait) await Promise.race([finished, delay(LONGEST_WAIT_MS, undefined, { ref: false })]);
    return { runId, isReplay: false };
  } catch (error) {
    // The same key came at the same instant, here or to another node, and that call was quicker.
    const isRace = error instanceof JobAlreadyRunningError || violation(error)?.constraint === 'idempotency_keys_pkey';
    if (!isRace) throw error;
    const quicker = await findRecorded(db, call);
    if (quicker === undefined) throw error;
    return { runId: quicker, isReplay: true };
  }
}
