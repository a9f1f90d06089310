/**
 * Connections for what the API reads, apart from those that the server works with: however dear a
 * question is, the queue goes on. Each statement is bounded in time and cancelled when it takes
 * longer. By a timer here and not by statement_timeout, which PgBouncer lets nobody set.
 */
import pg from 'pg';
import { cancelRunning } from './cancel.ts';

/** How long a cancelled statement may take to end before its connection is given up. */
const GRACE_MS = 2_000;

/**
 * Opens a pool whose `query` is bounded: a statement that takes longer than `timeoutMs` fails with
 * SQLSTATE 57014. A connection on which one was cancelled is never used again, so that a
 * cancellation that comes late meets nobody else's statement. `onFailed` is told of each failure.
 */
export function openReadingPool(
  options: pg.PoolConfig,
  timeoutMs: number,
  onFailed: (error: unknown) => void = () => undefined,
): pg.Pool {
  const pool = new pg.Pool(options);
  const query = async (config: pg.QueryConfig): Promise<pg.QueryResult> => {
    const client = await pool.connect().catch((error: unknown) => {
      onFailed(error);
      throw error;
    });
    let cancelling: Promise<void> | undefined;
    let broken = false;
    const timer = setTimeout(() => {
      cancelling = cancelRunning(client);
      abandon = setTimeout(() => void client.end().catch(() => undefined), GRACE_MS);
    }, timeoutMs);
    let abandon: NodeJS.Timeout | undefined;
    try {
      return await client.query(config);
    } catch (error) {
      onFailed(error);
      // What PostgreSQL refuses leaves the connection as it was; everything else has broken it.
      broken = !(error instanceof pg.DatabaseError);
      throw error;
    } finally {
      clearTimeout(timer);
      clearTimeout(abandon);
      if (cancelling !== undefined) await cancelling;
      client.release(broken || cancelling !== undefined);
    }
  };
  return Object.assign(pool, { query });
}
