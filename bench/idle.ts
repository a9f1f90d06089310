/**
 * Benchmarks idle nodes: the statements per second of five nodes with twenty schedules, from
 * pg_stat_statements; and the lag of fires that are on time, at three nodes in separate processes.
 *
 *   npm run build && npx tsx bench/idle.ts [seconds]
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../src/database/database.ts';
import { openCluster, startServer, stopServer } from '../src/database/embedded/cluster.ts';
import { superuserUrl } from '../src/database/embedded/connection.ts';
import { migrate } from '../src/database/migrations.ts';
import type { Job } from '../src/jobs/job.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { startTestApp } from '../test/support/app.ts';
import { createProcesses } from '../test/support/process.ts';

const NODES = 5;
const SCHEDULES = 20;
const OWN_JOBS = 3;
const LAG_NODES = 3;

const seconds = Number(process.argv[2] ?? 60);
const parent = await mkdtemp(join(tmpdir(), 'family-hub-bench-'));
// Under root, PostgreSQL runs as another user, who must be able to enter the folder.
await chmod(parent, 0o711);
const folder = join(parent, 'postgres');
const cluster = await openCluster(folder, {
  settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'top' },
});
const { isSuccess, output } = await startServer(cluster);
const url = superuserUrl(folder, 'postgres');
if (!isSuccess || url === undefined) throw new Error(`PostgreSQL does not start: ${output}`);
const db = await openDatabase({ url, poolSize: 2, logger: silentLogger });
try {
  await migrate({ url, logger: silentLogger });
  await db.query('CREATE EXTENSION pg_stat_statements');
  await measureIdle(true);
  await measureIdle(false);
  await measureLag();
} finally {
  await db.close();
  await stopServer(cluster);
  await rm(parent, { recursive: true, force: true });
}

async function measureIdle(isListening: boolean): Promise<void> {
  const moreJobs = Array.from(
    { length: SCHEDULES - OWN_JOBS },
    (_, index): Job => ({
      name: `IdleJob${index}`,
      description: 'Does nothing.',
      cron: '* * * * *',
      timeZone: 'UTC',
      misfirePolicy: 'run_once',
      run: async () => ({ done: 0 }),
    }),
  );
  const nodes = [];
  for (let index = 0; index < NODES; index++) {
    nodes.push(await startTestApp({ url: url ?? '', moreJobs, nodeName: `idle-${index}`, isListening }));
  }
  await delay(5_000);
  await db.query('SELECT pg_stat_statements_reset()');
  await delay(seconds * 1_000);
  const rows = await db.query<{ query: string; calls: number }>(
    `SELECT regexp_replace(query, '\\s+', ' ', 'g') AS query, sum(calls)::int AS calls
     FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%' GROUP BY 1 ORDER BY 2 DESC`,
  );
  for (const node of nodes) await node.close();
  const total = rows.reduce((sum, { calls }) => sum + calls, 0);
  console.log(
    `${NODES} nodes, ${SCHEDULES} schedules (all but two fire each minute), ${seconds} s, by ${isListening ? 'LISTEN' : 'polling'}:`,
  );
  console.log(`  ${(total / seconds).toFixed(1)} statements per second in all`);
  for (const { query, calls } of rows.slice(0, 15)) {
    console.log(`  ${(calls / seconds).toFixed(2).padStart(6)}/s  ${query.trim().slice(0, 110)}`);
  }
}

async function measureLag(): Promise<void> {
  await db.query(
    `UPDATE auth.job_schedules SET cron = '* * * * * *', time_zone = 'UTC', is_overridden = true, resolved_through = now()
     WHERE name NOT LIKE 'Idle%'`,
  );
  const processes = createProcesses(fileURLToPath(new URL('../dist', import.meta.url)));
  const env = {
    DATABASE_URL: url,
    IDENTITY_PROVIDER: 'simulator',
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  };
  try {
    await db.query('DELETE FROM auth.data_protection_keys');
    await Promise.all(Array.from({ length: LAG_NODES }, () => processes.startNode(env)));
    const [start] = await db.query<{ at: Date }>(`SELECT now() + interval '5 seconds' AS at`);
    await delay(5_000 + seconds * 1_000);
    const [lag] = await db.query<Record<string, number>>(
      `SELECT count(*)::int AS fires, count(DISTINCT node_id)::int AS nodes,
              percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50,
              percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99, max(ms)::float8 AS max
       FROM (SELECT node_id, extract(epoch FROM started_at - fired_at)::float8 * 1000 AS ms FROM auth.job_fires
             WHERE outcome IN ('on_time', 'late') AND started_at IS NOT NULL AND fired_at >= $1) AS fire`,
      [start?.at],
    );
    console.log(`Lag at ${LAG_NODES} nodes, three jobs each second, ms:`, JSON.stringify(lag));
  } finally {
    await processes.endAll();
  }
}
