/**
 * Writes failed attempts: with the circuit's row locked, pure rules decide for each failure whether it costs a
 * retry and whether it opens the circuit; then one statement writes all of them, fenced by the lease tokens.
 */
import { INDEXED_KEYS } from '../database/by-place.ts';
import type { Queryable } from '../database/database.ts';
import { isolating } from '../database/isolate.ts';
import { failureGroupOf } from '../diagnosis/failure-group.ts';
import { failureOf, messageOf } from '../diagnosis/failure-messages.ts';
import { afterResult, type CircuitResult } from '../identity/circuit.rules.ts';
import { CIRCUIT, lockCircuit } from '../identity/circuit.ts';
import { changeCircuit, circuitLimits } from '../identity/circuit-control.ts';
import type { Services } from '../work/context.ts';
import { type UnitContext, unit } from '../work/unit.ts';
import type { AttemptFailure } from './attempt.ts';
import type { ClaimedEntry } from './claim.ts';
import { refusedBecause } from './complete.ts';
import { afterFailure, type Decision } from './entry.rules.ts';
import { DROP_LEASE, IS_CLAIMED } from './lease.ts';

export interface FailedEntry {
  readonly entry: ClaimedEntry;
  readonly failure: AttemptFailure;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly probeToken?: string;
}

/**
 * The result for one failure; `decision` is undefined if another node took over the lease and nothing was
 * written.
 */
interface FailureWritten {
  readonly decision: Decision | undefined;
}

export interface FailuresWritten {
  readonly written: readonly FailureWritten[];
  readonly didCircuitChange: boolean;
}

/** The services that writing failures needs. */
export type FailServices = Omit<UnitContext, 'caller'> & Pick<Services, 'provider' | 'config'>;

const FAIL = `
  WITH ${INDEXED_KEYS}, failed AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS f(
      entry_id uuid, token uuid, status auth.entry_status, retry_count int, next_retry_at timestamptz,
      interruption_count int, needs_lookup boolean, lookup_final_at timestamptz, is_lookup_only boolean, outcome auth.attempt_outcome,
      code text, message text, failure_group text, node_id uuid, due_at timestamptz, started_at timestamptz, finished_at timestamptz, request_id text, is_probe boolean)
  ), entry AS (
    UPDATE auth.queued_managed_account_creations e
    SET status = f.status, retry_count = f.retry_count, next_retry_at = f.next_retry_at,
        interruption_count = f.interruption_count, needs_lookup = f.needs_lookup, lookup_final_at = f.lookup_final_at, is_lookup_only = f.is_lookup_only,
        last_outcome = f.outcome, last_error_code = f.code, last_error_message = f.message, failure_group = f.failure_group,
        failed_at = CASE WHEN f.status = 'failed' THEN now() END, updated_at = now(),
        -- What a wrong configuration met is the last to be let through as a probe.
        probed_at = CASE WHEN f.outcome = 'configuration_failure' THEN now() ELSE e.probed_at END,
        ${DROP_LEASE}
    FROM failed f
    WHERE e.id = f.entry_id AND e.lease_token = f.token AND ${IS_CLAIMED}
    RETURNING e.id, e.attempt_count, f.outcome, f.code, f.message, f.node_id, f.due_at, f.started_at, f.finished_at,
              f.request_id, f.is_probe, f.failure_group, e.status, e.family_id, e.username, e.retry_count
  ), event AS (
    INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, family_id, payload)
    SELECT 'ManagedAccountCreationFailed', 'ManagedAccountCreation', id, family_id,
           jsonb_build_object('entryId', id, 'familyId', family_id, 'username', username, 'errorCode', code,
                              'attemptCount', attempt_count, 'retryCount', retry_count)
    FROM entry WHERE status = 'failed'
  ), attempt AS (
    INSERT INTO auth.account_creation_attempts
      (entry_id, number, outcome, node_id, due_at, started_at, finished_at, error_code, error_message, provider_request_id, is_probe, failure_group)
    SELECT id, attempt_count, outcome, node_id, due_at, started_at, finished_at, code, message, request_id, is_probe, failure_group FROM entry
    ON CONFLICT DO NOTHING
  )
  SELECT id FROM entry, indexed_keys`;

/**
 * Writes a batch of failures; returns one result per failure, in order. If the database refuses a failure, its
 * entry fails permanently.
 */
export async function failEntries(services: FailServices, failures: readonly FailedEntry[]): Promise<FailuresWritten> {
  const together = (some: readonly FailedEntry[]) => failTogether(services, some);
  const answers = await isolating<FailedEntry, Answer>(failures, together, async (one, error) => {
    const [answer] = await together([unwritable(one, error)]);
    if (answer === undefined) throw error;
    return answer;
  });
  return { written: answers, didCircuitChange: answers.some(({ didCircuitChange }) => didCircuitChange) };
}

type Answer = FailureWritten & { readonly didCircuitChange: boolean };

async function failTogether(services: FailServices, failures: readonly FailedEntry[]): Promise<Answer[]> {
  const provider = services.provider.name;
  const limits = circuitLimits(services.config);
  return unit({ ...services, caller: CIRCUIT }, async (tx) => {
    const before = await lockCircuit(tx, provider);
    let circuit: typeof before | ReturnType<typeof afterResult> = before;
    const decisions = failures.map((one) => {
      // Whether the failure costs a retry depends on the circuit before this result; then the result changes
      // the circuit.
      const decision = afterFailure(one.entry, one.failure, one.finishedAt, circuit.state === 'closed');
      circuit = afterResult(circuit, circuitResult(one), before.now, limits);
      return decision;
    });
    if (circuit !== before) await changeCircuit(tx, provider, before, circuit);

    const rows = failures.map((one, index) => rowOf(one, decisions[index]));
    const written = new Set((await tx.query<{ id: string }>(FAIL, [JSON.stringify(rows)])).map((row) => row.id));
    const earlier = await writtenBefore(
      tx,
      failures.filter(({ entry }) => !written.has(entry.id)),
    );
    const didCircuitChange = circuit.state !== before.state;
    return failures.map(({ entry: { id } }, index) => {
      const decision = decisions[index];
      const status = earlier.get(id) ?? (written.has(id) ? decision?.status : undefined);
      return { decision: decision && status && { ...decision, status }, didCircuitChange };
    });
  });
}

/**
 * Returns the failures that this node has already written, with the status of their entries: a commit whose
 * response was lost is repeated. An attempt that was taken over has a different row under its number.
 */
async function writtenBefore(
  tx: Queryable,
  failures: readonly FailedEntry[],
): Promise<ReadonlyMap<string, Decision['status']>> {
  if (failures.length === 0) return new Map();
  const rows = await tx.query<{ id: string; isFailed: boolean }>(
    `SELECT e.id, e.status = 'failed' AND e.attempt_count = a.number AS "isFailed"
     FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::timestamptz[]) AS f(entry_id, number, node_id, finished_at)
     JOIN auth.account_creation_attempts a
       ON a.entry_id = f.entry_id AND a.number = f.number AND a.node_id = f.node_id AND a.finished_at = f.finished_at
     JOIN auth.queued_managed_account_creations e ON e.id = a.entry_id
     WHERE a.outcome NOT IN ('interrupted', 'succeeded')`,
    [
      failures.map(({ entry }) => entry.id),
      failures.map(({ entry }) => entry.attemptNumber),
      failures.map(({ entry }) => entry.nodeId),
      failures.map(({ finishedAt }) => finishedAt),
    ],
  );
  return new Map(rows.map(({ id, isFailed }) => [id, isFailed ? 'failed' : 'pending']));
}

/** The same entry with the failure DATABASE_REFUSED in place of the one that could not be written. */
function unwritable(one: FailedEntry, error: unknown): FailedEntry {
  const { needsLookup, lookupFinalAt } = one.failure;
  return {
    ...one,
    entry: { ...one.entry, nextRetryAt: null },
    failure: {
      ...failureOf('DATABASE_REFUSED', { detail: `(${refusedBecause(error)})` }),
      needsLookup,
      lookupFinalAt,
      wasProviderAsked: false,
    },
  };
}

function circuitResult({ entry, failure, probeToken }: FailedEntry): CircuitResult {
  const { code, wasProviderAsked, isAlone, checkMessage } = failure;
  const answered = wasProviderAsked ? 'answered' : 'not_asked';
  return {
    entryId: entry.id,
    kind: failure.class === 'permanent' ? answered : isAlone ? 'alone' : failure.class,
    code,
    reason: checkMessage ?? messageOf(code),
    probeToken,
  };
}

function rowOf({ entry, failure, startedAt, finishedAt, probeToken }: FailedEntry, decision: Decision | undefined) {
  return {
    entry_id: entry.id,
    token: entry.leaseToken,
    status: decision?.status,
    retry_count: decision?.retryCount,
    next_retry_at: decision?.nextRetryAt,
    interruption_count: decision?.interruptionCount,
    needs_lookup: decision?.needsLookup,
    lookup_final_at: decision?.lookupFinalAt,
    is_lookup_only: decision?.isLookupOnly,
    outcome: failure.class === 'unknown' ? 'unknown' : `${failure.class}_failure`,
    code: failure.code,
    message: failure.message,
    failure_group: failureGroupOf(failure.code, failure.message, [entry.username, entry.fullName]),
    node_id: entry.nodeId,
    due_at: entry.nextRetryAt,
    started_at: startedAt,
    finished_at: finishedAt,
    request_id: failure.providerRequestId,
    is_probe: probeToken !== undefined,
  };
}
