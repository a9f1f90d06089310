/**
 * Who uses the embedded PostgreSQL? Each process holds one connection with a shared advisory
 * lock; the kernel closes a killed process's connection, so nothing can be left behind stale. Who
 * leaves gives its lock back and tries for the exclusive one: whoever gets it is the last, and
 * stops PostgreSQL while newcomers wait for the lock, lose their connection and start it anew.
 */
import { realpath } from 'node:fs/promises';
import pg from 'pg';
import { isConnectionFailure } from '../violations.ts';

// Any number that no one else locks, in the database "postgres".
const MEMBERS_LOCK = 7_121_306_001;
const INVALID_PASSWORD = '28P01';

export interface Membership {
  /** Settles when the connection is lost, by whoever's doing. */
  readonly lost: Promise<void>;
  /** Gives the membership back; true when no one else has one, and until the connection is closed no one gets one. */
  resign(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Joins the server at the URL; 'absent' when it does not answer yet or any more, 'foreign' when
 * the one that answers serves another data folder or takes another password.
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
  // Told by 'end' as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`);
    // The folder may have been copied, lock file and all, while the original is running.
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
