/**
 * The five moments at which a node can die while it creates an account, each reproduced exactly: the provider holds
 * the request, or a lock of the test holds the statement, and the database or the provider shows when the moment
 * has come. Then the node is killed. Nothing depends on timing.
 */
import pg from 'pg';
import type { Database } from '../../src/database/database.ts';
import { type ProviderProcess, type ServerProcess, until } from './process.ts';

export const CRASH_MOMENTS = [
  'after the claim',
  'after the request was sent',
  'after the account was made',
  'before the commit',
  'after the commit',
] as const;
export type CrashMoment = (typeof CRASH_MOMENTS)[number];

export interface CrashScene {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly provider: ProviderProcess;
  readonly node: ServerProcess;
  /** Enqueues an account and returns the entry's id. */
  enqueue(username: string): Promise<string>;
}

/**
 * Kills the node with SIGKILL at this moment of creating an account with this username. The node must run with
 * PROVIDER_CONCURRENCY=1. `finish` releases what the test holds: call it once the next node runs.
 */
export async function killAt(
  moment: CrashMoment,
  scene: CrashScene,
  username: string,
): Promise<{ entryId: string; finish(): Promise<void> }> {
  switch (moment) {
    case 'after the claim':
      return afterClaim(scene, username);
    case 'after the request was sent':
      return duringCall(scene, username, 'hang');
    case 'after the account was made':
      return duringCall(scene, username, 'hang-after');
    case 'before the commit':
    case 'after the commit':
      return aroundCommit(scene, username, moment);
  }
}

/**
 * With one attempt at a time, the second entry is claimed while the provider holds the first, and nothing more
 * happens.
 */
async function afterClaim(scene: CrashScene, username: string) {
  const { db, provider, enqueue } = scene;
  const first = `${username}_1`;
  await provider.setFaults([{ kind: 'hang', times: 1, path: 'create', username: first }]);
  const calls = (await provider.calls()).create;
  await enqueue(first);
  await until('the first request', async () => (await provider.calls()).create === calls + 1);
  const entryId = await enqueue(username);
  await until('the claim', () => hasStatus(db, entryId, 'processing'));
  await kill(scene);
  if ((await provider.calls()).create !== calls + 1) throw new Error('The request was sent before the kill.');
  return { entryId, finish: async () => undefined };
}

async function duringCall(scene: CrashScene, username: string, kind: 'hang' | 'hang-after') {
  const { db, provider, enqueue } = scene;
  await provider.setFaults([{ kind, times: 1, path: 'create', username }]);
  const calls = (await provider.calls()).create;
  const entryId = await enqueue(username);
  await until('the moment', async () =>
    kind === 'hang'
      ? (await provider.calls()).create === calls + 1
      : (await db.query('SELECT 1 FROM identity_simulator.accounts WHERE user_id = $1', [entryId])).length > 0,
  );
  await kill(scene);
  return { entryId, finish: async () => undefined };
}

/**
 * A lock on auth.users blocks the completing statement. `before the commit`: the node dies while its statement
 * waits, and PostgreSQL executes it after another node has taken over the entry; only the lease token prevents a
 * second completion. `after the commit`: the node is halted, the statement commits, and the node dies without
 * reading the result.
 */
async function aroundCommit(scene: CrashScene, username: string, moment: CrashMoment) {
  const { db, databaseUrl, node, enqueue } = scene;
  const holder = new pg.Client({ connectionString: databaseUrl });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    // Blocks inserts, but not the enqueue, which only references a user.
    await holder.query('LOCK TABLE auth.users IN SHARE MODE');
    const entryId = await enqueue(username);
    await until('the completing statement to wait', () => isCompletionWaiting(db));
    if (moment === 'before the commit') {
      await kill(scene);
      const finish = async () => {
        // The next node has taken over and waits for the same lock, behind the dead node's statement.
        await until('both statements to wait', async () => (await waitingCompletions(db)) === 2);
        await holder.query('COMMIT');
        await holder.end();
      };
      return { entryId, finish };
    }
    node.kill('SIGSTOP');
    await holder.query('COMMIT');
    await until('the commit', () => hasStatus(db, entryId, 'completed'));
    await kill(scene);
    return { entryId, finish: () => holder.end() };
  } catch (error) {
    await holder.end();
    throw error;
  }
}

async function kill({ node }: CrashScene): Promise<void> {
  node.kill('SIGKILL');
  await node.exited;
}

async function hasStatus(db: Database, entryId: string, status: string): Promise<boolean> {
  const rows = await db.query(
    'SELECT 1 FROM auth.queued_managed_account_creations WHERE id = $1 AND status::text = $2',
    [entryId, status],
  );
  return rows.length > 0;
}

const isCompletionWaiting = async (db: Database): Promise<boolean> => (await waitingCompletions(db)) > 0;

/** pg_stat_activity shows only the first kilobyte of a statement, so match its beginning. */
async function waitingCompletions(db: Database): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%WITH made AS (%'`,
  );
  return row?.count ?? 0;
}
