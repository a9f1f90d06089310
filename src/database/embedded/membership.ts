/**
 * Tracks which processes use the embedded PostgreSQL. Each process holds one connection with a shared
 * advisory lock; the kernel closes the connection of a killed process, so no stale lock can remain. A
 * process that leaves releases its lock and tries to get the exclusive one: if it gets it, it is the last
 * and stops PostgreSQL, while newcomers wait for the lock, lose their connection and start PostgreSQL
 * again.
 */
import { realpath } from 'node:fs/promises';
import pg from 'pg';
import { isConnectionFailure } from '../violations.ts';

// An arbitrary number that no other lock in the database "postgres" uses.
const MEMBERS_LOCK = 7_121_306_001;
const INVALID_PASSWORD = '28P01';

export interface Membership {
  /** Resolves when the connection is lost, for any reason. */
  readonly lost: Promise<void>;
  /**
   * Gives up the membership. Resolves to true if no other process has one; then no process gets one until
   * this connection is closed.
   */
  resign(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Joins the server at the URL. Resolves to 'absent' when it does not respond, yet or any more, and to
 * 'foreign' when the server there has another data folder or another password.
 */
export async function joinServer(url: string, data: string): Promise<Membership | 'absent' | 'foreign'> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'family-hub-jobs membership',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  const lost = new Promise<void>((resolve) => {
    client.once('end', () => resolve());
  });
  // The 'end' event follows.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`);
    // The folder may have been copied, including the lock file, while the original is running.
    if (!(await isSamePath(rows[0]?.folder, data))) {
      await client.end();
      return 'foreign';
    }
    await client.query('SELECT pg_advisory_lock_shared($1)', [MEMBERS_LOCK]);
  } catch (error) {
    await client.end().catch(() => undefined);
    if (error instanceof pg.DatabaseError && error.code === INVALID_PASSWORD) return 'foreign';
    if (isConnectionFailure(error)) return 'absent';
    throw error;
  }
  return {
    lost,
    async resign() {
      await client.query('SELECT pg_advisory_unlock_shared($1)', [MEMBERS_LOCK]);
      const { rows } = await client.query<{ isLast: boolean }>('SELECT pg_try_advisory_lock($1) AS "isLast"', [
        MEMBERS_LOCK,
      ]);
      return rows[0]?.isLast === true;
    },
    close: () => client.end(),
  };
}

async function isSamePath(one: string | undefined, other: string): Promise<boolean> {
  if (one === undefined) return false;
  const [left, right] = await Promise.all([realpath(one).catch(() => one), realpath(other)]);
  return left === right;
}
