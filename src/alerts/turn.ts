/**
 * Whose turn it is: in each interval one of the nodes evaluates the alert rules. A turn that was not
 * ended, because its node crashed or hangs, expires; what that node finds afterwards is dropped. A node
 * that asks again gave up the turn it had: the database was unreachable, and it need not wait.
 */
import type { Queryable } from '../database/database.ts';

/** After so long another node may take the turn; reading takes at most 30 s (asking.ts). */
const TURN_MS = 40_000;
/** Timers are not exact: a turn is due a little before its interval is over. */
const EARLY = 0.9;

export interface Turn {
  readonly token: string;
  /** The rules that could not be evaluated, each with the instant since when. */
  readonly unreadable: Readonly<Record<string, string>>;
}

/** Takes the turn if it is due, in one conditional statement. Undefined when it is not due or another node has it. */
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

/** Locks the turn until the transaction ends; answers the database's time, or undefined when the turn expired. */
export async function lockTurn(tx: Queryable, token: string): Promise<Date | undefined> {
  const [turn] = await tx.query<{ now: Date }>(
    `SELECT date_trunc('milliseconds', clock_timestamp()) AS now FROM auth.alert_turn WHERE id = 1 AND token = $1 FOR UPDATE`,
    [token],
  );
  return turn?.now;
}

/** Ends the turn. A null token says so; the instants do not, since both may be of one millisecond. */
export async function endTurn(tx: Queryable, token: string, unreadable: Turn['unreadable']): Promise<void> {
  await tx.query(
    'UPDATE auth.alert_turn SET token = NULL, done_at = clock_timestamp(), unreadable = $2::jsonb WHERE id = 1 AND token = $1',
    [token, JSON.stringify(unreadable)],
  );
}
