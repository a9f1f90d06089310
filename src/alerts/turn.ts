/**
 * The lease (the turn) for evaluating the alert rules: one node holds it in each interval. A lease that was
 * not released, because its node crashed or hangs, expires; later findings of that node are dropped. The node
 * that holds the lease need not wait for its expiry: if it asks again, its last evaluation has failed, because
 * the database was unreachable.
 */
import type { Queryable } from '../database/database.ts';

/** After this time another node may take the lease; the queries take at most 30 s (asking.ts). */
const TURN_MS = 40_000;
/** Timers are not exact, so the lease can be taken a little before its interval is over. */
const EARLY = 0.9;

export interface Turn {
  readonly token: string;
  /** The rules that could not be evaluated, each with the time since when. */
  readonly unreadable: Readonly<Record<string, string>>;
}

/** Takes the lease if it is due, in one conditional statement; returns undefined if not, or if another node has it. */
export async function takeTurn(db: Queryable, nodeId: string, intervalMs: number): Promise<Turn | undefined> {
  const [turn] = await db.query<Turn>(
    `UPDATE auth.alert_turn SET token = gen_random_uuid(), node_id = $1, taken_at = clock_timestamp()
     WHERE id = 1
       AND (taken_at IS NULL
            OR (taken_at <= clock_timestamp() - $2 * interval '1 millisecond'
                AND (token IS NULL OR node_id = $1 OR taken_at <= clock_timestamp() - $3 * interval '1 millisecond')))
     RETURNING token::text AS token, unreadable`,
    [nodeId, intervalMs * EARLY, TURN_MS],
  );
  return turn;
}

/** Locks the lease until the transaction ends; returns the database's time, or undefined if the lease was lost. */
export async function lockTurn(tx: Queryable, token: string): Promise<Date | undefined> {
  const [turn] = await tx.query<{ now: Date }>(
    `SELECT date_trunc('milliseconds', clock_timestamp()) AS now FROM auth.alert_turn WHERE id = 1 AND token = $1 FOR UPDATE`,
    [token],
  );
  return turn?.now;
}

/** Releases the lease. The null token marks that, because taken_at and done_at can be the same millisecond. */
export async function endTurn(tx: Queryable, token: string, unreadable: Turn['unreadable']): Promise<void> {
  await tx.query(
    'UPDATE auth.alert_turn SET token = NULL, done_at = clock_timestamp(), unreadable = $2::jsonb WHERE id = 1 AND token = $1',
    [token, JSON.stringify(unreadable)],
  );
}
