/**
 * The circuit in the database, one row per provider that all nodes share. Code that reports failures locks that
 * row first, so that "is it open" and "does this failure cost a retry" are decided at the same instant.
 */
import { randomUUID } from 'node:crypto';
import type { Queryable, Transactional } from '../database/database.ts';
import type { CircuitState } from '../database/generated/prisma/enums.ts';
import { systemCaller } from '../work/caller.ts';
import { type CircuitRow, CLOSED } from './circuit.rules.ts';

/** The actor of automatic changes of the circuit. */
export const CIRCUIT = systemCaller('circuit');

/** The reason of an automatic close. */
export const PROBE_ANSWERED = 'A probe showed that the identity provider works.';

const COLUMNS = `
  state, cause, reason, opened_by AS "openedBy", opened_at AS "openedAt", next_probe_at AS "nextProbeAt",
  failed_probes AS "failedProbes", failing_entry_ids AS "failingEntryIds",
  probe_token AS "probeToken", probe_expires_at AS "probeExpiresAt"`;

/** Creates the provider's circuit, closed, if it does not exist. */
export async function ensureCircuit(db: Queryable, provider: string): Promise<void> {
  await db.query('INSERT INTO auth.identity_circuits (provider) VALUES ($1) ON CONFLICT DO NOTHING', [provider]);
}

/** The current circuit and the database's time. */
export async function loadCircuit(db: Queryable, provider: string): Promise<CircuitRow & { now: Date }> {
  const [row] = await db.query<CircuitRow & { now: Date }>(
    `SELECT ${COLUMNS}, now() AS now FROM auth.identity_circuits WHERE provider = $1`,
    [provider],
  );
  return row ?? { ...CLOSED, now: new Date() };
}

/** Locks the circuit until the transaction ends; returns it with the database's time. */
export async function lockCircuit(tx: Queryable, provider: string): Promise<CircuitRow & { now: Date }> {
  const [row] = await tx.query<CircuitRow & { now: Date }>(
    `SELECT ${COLUMNS}, clock_timestamp() AS now FROM auth.identity_circuits WHERE provider = $1 FOR UPDATE`,
    [provider],
  );
  if (row === undefined) throw new Error(`The circuit of the identity provider "${provider}" has no row`);
  return row;
}

const STORE = `
  WITH before AS (
    SELECT state FROM auth.identity_circuits WHERE provider = $1
  ), stored AS (
    UPDATE auth.identity_circuits
    SET state = $2::auth.circuit_state, cause = $3::text, reason = $4, opened_by = $5, opened_at = $6, next_probe_at = $7,
        failed_probes = $8, failing_entry_ids = $9::uuid[], probe_token = $10, probe_expires_at = $11, updated_at = now()
    WHERE provider = $1
  )
  INSERT INTO auth.identity_circuit_transitions (provider, from_state, to_state, cause, reason, actor, created_at)
  SELECT $1, state, $2::auth.circuit_state, $3::text, $12, $13, clock_timestamp()
  FROM before WHERE state <> $2::auth.circuit_state`;

/**
 * Stores the locked circuit and, when its state changes, the transition: with the given reason
 * and actor, by default the circuit's own.
 */
export async function storeCircuit(
  tx: Queryable,
  provider: string,
  circuit: CircuitRow,
  why: { readonly reason: string | null; readonly actor: string | null } = {
    reason: circuit.state === 'closed' ? PROBE_ANSWERED : circuit.reason,
    actor: circuit.openedBy,
  },
): Promise<void> {
  await tx.query(STORE, [
    provider,
    circuit.state,
    circuit.cause,
    circuit.reason,
    circuit.openedBy,
    circuit.openedAt,
    circuit.nextProbeAt,
    circuit.failedProbes,
    circuit.failingEntryIds,
    circuit.probeToken,
    circuit.probeExpiresAt,
    why.reason,
    why.actor,
  ]);
}

/** One change of a circuit's state. */
export interface CircuitTransition {
  readonly fromState: CircuitState;
  readonly toState: CircuitState;
  readonly cause: string | null;
  readonly reason: string | null;
  readonly actor: string | null;
  readonly createdAt: Date;
}

/** The circuit's last `first` transitions, newest first. */
export function loadTransitions(db: Queryable, provider: string, first: number): Promise<CircuitTransition[]> {
  return db.query<CircuitTransition>(
    `SELECT from_state AS "fromState", to_state AS "toState", cause, reason, actor, created_at AS "createdAt"
     FROM auth.identity_circuit_transitions WHERE provider = $1 ORDER BY id DESC LIMIT $2`,
    [provider, first],
  );
}

/**
 * Returns an unused right to probe, so that another probe may start at once. False when
 * the right was no longer held.
 */
export async function releaseProbe(db: Transactional, provider: string, probeToken: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const { now, ...before } = await lockCircuit(tx, provider);
    if (before.probeToken !== probeToken) return false;
    await storeCircuit(tx, provider, {
      ...before,
      state: 'open',
      nextProbeAt: now,
      probeToken: null,
      probeExpiresAt: null,
    });
    return true;
  });
}

/**
 * Takes the right to probe an open circuit that is due for a probe, for one node: the circuit
 * is half-open until the probe's result arrives or its lease ends. Returns undefined if no
 * probe is due or another node has the right.
 */
export async function takeProbe(tx: Queryable, provider: string, leaseMs: number): Promise<string | undefined> {
  const token = randomUUID();
  const taken = await tx.query(
    `UPDATE auth.identity_circuits
     SET state = 'half_open', probe_token = $2, probe_expires_at = now() + $3 * interval '1 millisecond', updated_at = now()
     WHERE provider = $1
       AND ((state = 'open' AND next_probe_at <= now()) OR (state = 'half_open' AND probe_expires_at <= now()))
     RETURNING 1`,
    [provider, token, leaseMs],
  );
  return taken.length > 0 ? token : undefined;
}

/** Writes the transition to half-open, once the probe has its entry. */
export async function recordProbe(tx: Queryable, provider: string): Promise<void> {
  // After a probe whose node died, the circuit was half-open before.
  await tx.query(
    `INSERT INTO auth.identity_circuit_transitions (provider, from_state, to_state, created_at)
     SELECT $1, 'open', 'half_open', clock_timestamp()
     WHERE 'half_open' IS DISTINCT FROM (
       SELECT to_state FROM auth.identity_circuit_transitions WHERE provider = $1 ORDER BY id DESC LIMIT 1)`,
    [provider],
  );
}
