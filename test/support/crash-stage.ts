/**
 * One database, one provider that outlives every node, and one node at a time: the environment of the crash tests.
 * Each moment runs once in `npm test` and many times in `npm run test:long`.
 */
import { type CrashMoment, killAt } from './crash-moments.ts';
import { createTestDatabase, seedFamily } from './database.ts';
import { enqueueOn } from './entries.ts';
import { createProcesses, type ServerProcess, until } from './process.ts';

/** The rows that the creation of one account left behind. */
export interface Traces {
  readonly status: string;
  readonly retryCount: number;
  readonly hasPassword: boolean;
  readonly accounts: number;
  readonly users: number;
  readonly events: number;
  readonly attempts: readonly string[];
  /** The process id of the node whose attempt succeeded. */
  readonly completedBy: number | null;
}

const TRACES = `
  SELECT e.status, e.retry_count AS "retryCount", e.encrypted_password IS NOT NULL AS "hasPassword",
    (SELECT count(*)::int FROM identity_simulator.accounts a WHERE a.username = e.username) AS accounts,
    (SELECT count(*)::int FROM auth.users u WHERE u.username = e.username) AS users,
    (SELECT count(*)::int FROM auth.outbox_events o
      WHERE o.event_type = 'ManagedAccountCreated' AND o.payload ->> 'username' = e.username) AS events,
    (SELECT coalesce(array_agg(a.outcome::text ORDER BY a.number), '{}')
      FROM auth.account_creation_attempts a WHERE a.entry_id = e.id) AS attempts,
    (SELECT n.process_id FROM auth.account_creation_attempts a JOIN auth.server_nodes n ON n.id = a.node_id
      WHERE a.entry_id = e.id AND a.outcome = 'succeeded') AS "completedBy"
  FROM auth.queued_managed_account_creations e WHERE e.id = $1`;

export type CrashStage = Awaited<ReturnType<typeof createCrashStage>>;

/** Call `close` at the end, also when a test failed. */
export async function createCrashStage() {
  const processes = createProcesses();
  const database = await createTestDatabase({ poolSize: 3 });
  const { db, url: databaseUrl } = database;
  const close = async (): Promise<void> => {
    await processes.endAll();
    await database.drop();
  };
  try {
    const { familyId, ownerId } = await seedFamily(db);
    const provider = await processes.startProvider({ databaseUrl });
    const env = {
      DATABASE_URL: databaseUrl,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      PROVIDER_CONCURRENCY: '1',
      // Long, so that a request that is held does not end before the kill, however busy the machine.
      PROVIDER_TIMEOUT: '15s',
      LEASE_DURATION: '45s',
      HEARTBEAT_INTERVAL: '200ms',
      ...provider.env,
    };
    let node: ServerProcess | undefined;

    return {
      close,
      /**
       * Kills a node at the moment, starts the next one, waits until the entry has completed or failed, and returns
       * its traces.
       */
      async crashAndRestart(
        moment: CrashMoment,
        username: string,
      ): Promise<{ traces: Traces; killed: number; next: number }> {
        const first = node ?? (await processes.startNode(env));
        const enqueue = (name: string) => enqueueOn(first, { familyId, createdByUserId: ownerId, username: name });
        const { entryId, finish } = await killAt(moment, { db, databaseUrl, provider, node: first, enqueue }, username);
        // Instead of waiting, expire the dead node's leases, so that its requests count as ended.
        await db.query(
          `UPDATE auth.queued_managed_account_creations SET lease_expires_at = now() - interval '5 minutes'
           WHERE status = 'processing'`,
        );
        node = await processes.startNode(env);
        await finish();
        const traces = await until('the entry to end', async () => {
          const [found] = await db.query<Traces>(TRACES, [entryId]);
          return found !== undefined && ['completed', 'failed'].includes(found.status) && found;
        });
        return { traces, killed: first.pid, next: node.pid };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
