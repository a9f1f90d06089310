/**
 * A soak test: entries are enqueued over the API at a steady rate while they are created, watched by a
 * subscriber, paged through, and deleted by retention. Prints memory, dead rows, sizes and times once a
 * minute; the speed at the end should be the same as at the start.
 */
import { request } from 'undici';
import { openDatabase } from '../src/database/database.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { cpuOf, residentMegabytes } from './cpu.ts';
import { startBenchDatabase } from './embedded.ts';
import { type BenchServer, startBenchServer } from './server.ts';

const MINUTES = Number(process.argv[2] ?? 30);
const RATE = Number(process.argv[3] ?? 200);
const TICK_MS = 50;
const ENQUEUE = `mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename ... on EnqueueAccountPayload { entry { entryId } } } }`;
const PAGE = `{ queuedCreations(first: 20) { nodes { entryId status family { name } createdBy { fullName } attempts { nodes { outcome } } } } queueStatistics { dueCount } }`;

const server = await startBenchServer({ HISTORY_RETENTION: '1d' });
const embedded = await startBenchDatabase(server.dataDir);
const db = await openDatabase({ url: embedded.url, poolSize: 1, workTimeoutMs: 600_000, logger: silentLogger });
try {
  await soak(server);
} finally {
  await db.close();
  await embedded.leave();
  await server.stop();
}

async function soak({ url, graphql, pid }: BenchServer): Promise<void> {
  await graphql('mutation { rescheduleJob(input: {jobName: "RetentionJob", cron: "30 * * * * *"}) { __typename } }');
  const [owner] = await db.query<{ id: string; familyId: string }>(
    `SELECT id, family_id AS "familyId" FROM auth.users WHERE role = 'owner' LIMIT 1`,
  );
  const heard = subscribe(url);
  let sent = 0;
  let failed = 0;
  const post = async (query: string, variables?: object): Promise<void> => {
    const answer = await request(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    }).catch(() => undefined);
    const text = await answer?.body.text();
    if (answer?.statusCode !== 200 || text?.includes('"errors"') || text?.includes('Error"')) failed++;
  };
  const begun = performance.now();
  const sending = setInterval(() => {
    const owed = Math.floor(((performance.now() - begun) / 1_000) * RATE) - sent;
    for (let n = 0; n < owed; n++) {
      const name = `s${(sent++).toString(36)}_${process.pid.toString(36)}`;
      const input = {
        familyId: owner?.familyId,
        createdByUserId: owner?.id,
        username: name,
        fullName: 'Some Body',
        password: 'correct horse battery',
        idempotencyKey: name,
      };
      void post(ENQUEUE, { input });
    }
  }, TICK_MS);
  const paging = setInterval(() => void post(PAGE), 1_000);
  console.log(
    '| minute | enqueued | completed a second | enqueue to account p50, p99 | memory | CPU | entries kept | dead rows | database | heard |\n|---|---|---|---|---|---|---|---|---|---|',
  );
  let cpu = cpuOf(pid);
  for (let minute = 1; minute <= MINUTES; minute++) {
    await new Promise((resolve) => setTimeout(resolve, begun + minute * 60_000 - performance.now()));
    const now = await measure();
    await age();
    const used = cpuOf(pid) - cpu;
    cpu += used;
    console.log(
      `| ${minute} | ${sent} | ${(now.completed / 60).toFixed(0)} | ${now.p50.toFixed(0)}, ${now.p99.toFixed(0)} ms | ${residentMegabytes(pid).toFixed(0)} MB | ${((used / 60) * 100).toFixed(0)} % | ${now.entries} | ${now.dead} | ${now.megabytes} MB | ${heard()} |`,
    );
  }
  clearInterval(sending);
  clearInterval(paging);
  console.log(`${failed} requests failed`);
}

/** The shortest retention is a day, so rows older than three minutes are made two days older. */
async function age(): Promise<void> {
  for (const [table, columns] of [
    ['queued_managed_account_creations', ['completed_at', 'created_at']],
    ['idempotency_keys', ['created_at']],
    ['outbox_events', ['created_at', 'processed_at']],
  ] as const) {
    const older = columns.map((column) => `${column} = coalesce(${column}, now()) - interval '2 days'`);
    await db.query(
      `UPDATE auth.${table} SET ${older.join(', ')} WHERE created_at BETWEEN now() - interval '1 day' AND now() - interval '3 minutes'`,
    );
  }
}

async function measure(): Promise<Record<'completed' | 'p50' | 'p99' | 'entries' | 'dead' | 'megabytes', number>> {
  const [row] = await db.query<Record<'completed' | 'p50' | 'p99' | 'entries' | 'dead' | 'megabytes', number>>(`
    SELECT count(*)::int AS completed,
           coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - created_at) * 1000), 0)::float AS p50,
           coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - created_at) * 1000), 0)::float AS p99,
           (SELECT count(*) FROM auth.queued_managed_account_creations)::int AS entries,
           (SELECT sum(n_dead_tup) FROM pg_stat_user_tables)::int AS dead,
           (pg_database_size(current_database()) / 1048576)::int AS megabytes
      FROM auth.queued_managed_account_creations WHERE completed_at > now() - interval '1 minute'`);
  if (row === undefined) throw new Error('The database answered nothing');
  return row;
}

/**
 * Subscribes to all changes, and again whenever it is disconnected because it fell behind; the returned
 * function gives the counts so far.
 */
function subscribe(url: string): () => string {
  let count = 0;
  let cuts = -1;
  const query = 'subscription { queuedCreationChanged { kind entryId queuedCreation { status } } }';
  const hear = async (): Promise<void> => {
    cuts++;
    const { body } = await request(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query }),
      bodyTimeout: 0,
    });
    for await (const chunk of body) count += String(chunk).split('event: next').length - 1;
    await hear();
  };
  // The subscription ends with the server.
  hear().catch(() => undefined);
  return () => `${count}, cut ${cuts} times`;
}
