/**
 * The scheduler with real timers against a real PostgreSQL: a third job is one more value in the
 * list, and whatever it does, the ledger, the other jobs and the process stay whole.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Database } from '../../src/database/database.ts';
import type { Job, JobContext } from '../../src/jobs/job.ts';
import { createScheduler, type Scheduler, type SchedulerOptions } from '../../src/jobs/scheduler.ts';
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const nodeId = randomUUID();
let database: TestDatabase;
let db: Database;
let started: Scheduler[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  await db.query(
    `INSERT INTO auth.server_nodes (id, name, version, host_name, process_id) VALUES ($1, 'node-1', '0.0.0', 'here', 1)`,
    [nodeId],
  );
});
afterAll(() => database?.drop());
beforeEach(() => db.query('DELETE FROM auth.job_schedules'));
afterEach(async () => {
  await Promise.all(started.map((scheduler) => scheduler.stop({ timeoutMs: 2000 })));
  started = [];
});

const job = (run: Job['run'], overrides: Partial<Job> = {}): Job => ({
  name: 'ThirdJob',
  description: 'For tests.',
  cron: '0 3 * * *',
  timeZone: 'UTC',
  misfirePolicy: 'run_once',
  run,
  ...overrides,
});
const start = async (jobs: readonly Job[], overrides: Partial<SchedulerOptions> = {}) => {
  const changes: [string, string][] = [];
  const faults: unknown[] = [];
  const scheduler = createScheduler({
    db,
    clock: systemClock,
    logger: silentLogger,
    jobs,
    nodeId,
    leaseMs: 30_000,
    onRunChanged: (kind, runId) => changes.push([kind, runId]),
    onFault: (error) => faults.push(error),
    ...overrides,
  });
  await scheduler.start();
  started.push(scheduler);
  return { scheduler, changes, faults };
};
/** Asks until it is so, for ten seconds at most. */
const until = async <T>(ask: () => Promise<T> | T): Promise<NonNullable<T>> => {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`It did not become so: ${ask}`);
};
/** Runs until it is told to end, and says so. */
const untilAborted =
  (onAbort: (reason: string) => void = () => undefined): Job['run'] =>
  ({ signal }: JobContext) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        onAbort(signal.reason.message);
        resolve({ done: 1 });
      });
    });
const runs = () =>
  db.query<{ status: string; trigger: string; errorMessage: string | null; counts: unknown }>(
    `SELECT status, trigger, error_message AS "errorMessage", counts FROM auth.job_runs ORDER BY started_at`,
  );
/** Collects the messages of the error level. */
const createLines = (lines: string[]): Logger => {
  const logger = silentLogger.child({});
  logger.error = (...parts: unknown[]) => lines.push(parts.filter((part) => typeof part === 'string').join(' '));
  return logger;
};
const byHand = { jobName: 'ThirdJob', actor: 'ann', reason: null };


it('probe', async () => {
  const st: string[] = [];
  const counting: Database = { ...db, query: (sql, values) => { st.push(sql.slice(0,40)); return db.query(sql, values); } };
  const jobs = Array.from({ length: 5 }, (_, i) => job(async () => ({}), { name: `J${i}`, cron: '* * * * * *' }));
  for (let i=0;i<3;i++) await start(jobs, { db: counting });
  st.length=0;
  await new Promise((r) => setTimeout(r, 20000));
  const n = st.length;
  const by: Record<string, number> = {}; for (const x of st) by[x.trim()] = (by[x.trim()] ?? 0) + 1;
  const rows = await db.query(`SELECT outcome, count(*)::int, sum(count)::int total, percentile_disc(0.5) within group (order by extract(epoch from started_at-fired_at)*1000)::float p50, percentile_disc(0.99) within group (order by extract(epoch from started_at-fired_at)*1000)::float p99, max(extract(epoch from started_at-fired_at)*1000)::float FROM auth.job_fires GROUP BY 1`);
  const size = await db.query(`SELECT pg_total_relation_size('auth.job_fires')::int/ (SELECT count(*) FROM auth.job_fires) fire, pg_total_relation_size('auth.job_runs')::int/ (SELECT count(*) FROM auth.job_runs) run`);
  console.log(n, by, rows, size);
}, 60000);
