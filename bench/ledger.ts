/**
 * Benchmarks the fire ledger with a year of fires every minute for three jobs: bytes per fire, the first
 * page, the count, the calendar, and the audits of a month and of a year, with how long they block the
 * event loop.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Database, openDatabase } from '../src/database/database.ts';
import { migrate } from '../src/database/migrations.ts';
import { loadFireCalendar } from '../src/jobs/ledger/fire-calendar.ts';
import { countFires, readFires } from '../src/jobs/ledger/fire-pages.ts';
import { auditLedger } from '../src/jobs/ledger/ledger-audit.graphql.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { startBenchDatabase } from './embedded.ts';

const JOBS = ['One', 'Two', 'Three'];
const FROM = new Date('2025-06-01T00:00:00Z');
const TO = new Date('2026-06-01T00:00:00Z');
const MONTH = new Date('2026-05-01T00:00:00Z');
const ROUNDS = 30;

/** A fire for each minute of the year, one in a thousand late, as the claims would have written them. */
async function fill(db: Database): Promise<void> {
  await db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through)
     SELECT name, '* * * * *', 'Europe/Berlin', 'run_once', $2::timestamptz - interval '1 minute' FROM unnest($1::text[]) AS name`,
    [JOBS, TO],
  );
  await db.query(
    `INSERT INTO auth.job_schedule_versions (job_name, version, in_force_after, cron, time_zone, misfire_policy, is_overridden)
     SELECT name, 1, $1::timestamptz - interval '1 minute', cron, time_zone, misfire_policy, false FROM auth.job_schedules`,
    [FROM],
  );
  const [node] = await db.query<{ id: string }>(
    `INSERT INTO auth.server_nodes (id, name, version, host_name, process_id)
     VALUES (gen_random_uuid(), 'bench', '0', 'here', 1) RETURNING id`,
  );
  for (const name of JOBS) {
    await db.query(
      `INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, node_id, schedule_version, started_at)
       SELECT $1, at, at, CASE WHEN extract(epoch FROM at)::bigint / 60 % 1000 = 0 THEN 'late' ELSE 'on_time' END::auth.fire_outcome,
              $4::uuid, 1, at + interval '12 ms'
         FROM generate_series($2::timestamptz, $3::timestamptz - interval '1 minute', interval '1 minute') AS at`,
      [name, FROM, TO, node?.id],
    );
  }
  await db.query('VACUUM ANALYZE auth.job_fires');
}

async function timed(work: () => Promise<unknown>, rounds = ROUNDS): Promise<string> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  const [cold] = times;
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(2);
  return `first ${(cold ?? 0).toFixed(2)} ms, then median ${at(0.5)}, p99 ${at(0.99)}`;
}

async function watched(work: () => Promise<unknown>): Promise<string> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  await work();
  const took = performance.now() - began;
  delay.disable();
  return `${took.toFixed(0)} ms, others held up for at most ${(delay.max / 1e6).toFixed(0)} ms`;
}

const dataDir = await mkdtemp(join(tmpdir(), 'family-hub-bench-'));
const embedded = await startBenchDatabase(dataDir);
await migrate({ url: embedded.url, logger: silentLogger });
const db = await openDatabase({ url: embedded.url, poolSize: 4, workTimeoutMs: 600_000, logger: silentLogger });
try {
  await fill(db);
  const [size] = await db.query<{ rows: number; bytes: number; heap: number }>(
    `SELECT (SELECT count(*)::int FROM auth.job_fires) AS rows, pg_total_relation_size('auth.job_fires')::float8 AS bytes,
            pg_relation_size('auth.job_fires')::float8 AS heap`,
  );
  if (size === undefined) throw new Error('Nothing was written.');
  console.log(
    `${size.rows} fires, ${(size.bytes / size.rows).toFixed(0)} bytes each (${(size.heap / size.rows).toFixed(0)} of them the row, the rest indexes)`,
  );

  const all = { jobName: 'Two', from: FROM, to: TO, outcomes: null };
  const page = { isNewestFirst: true, size: 21 };
  const deep = { ...all, to: new Date('2025-07-01T00:00:00Z') };
  console.log(`first page of 20: ${await timed(() => readFires(db, all, page))}`);
  console.log(`a page of 100: ${await timed(() => readFires(db, all, { ...page, size: 101 }))}`);
  console.log(`a page of 20 eleven months back: ${await timed(() => readFires(db, deep, page))}`);
  console.log(
    `the first page of those late: ${await timed(() => readFires(db, { ...all, outcomes: ['late'] }, page))}`,
  );
  console.log(
    `those missed, of which there are none: ${await timed(() => readFires(db, { ...all, outcomes: ['missed'] }, page))}`,
  );
  console.log(`the count of a year: ${await timed(() => countFires(db, all), 5)}`);
  const calendar = (from: Date) => loadFireCalendar(db, { jobName: 'Two', from, to: TO, timeZone: null });
  console.log(`the calendar of 60 days: ${await timed(() => calendar(new Date(TO.getTime() - 60 * 86_400_000)), 5)}`);
  console.log(`the calendar of a year: ${await timed(() => calendar(FROM), 5)}`);
  const audit = (from: Date) => auditLedger(db, { jobName: 'Two', from, to: TO, retentionMs: null });
  console.log(`audit of a month: ${await watched(() => audit(MONTH))}, again ${await watched(() => audit(MONTH))}`);
  console.log(`audit of a year: ${await watched(() => audit(FROM))}`);
} finally {
  await db.close();
  await embedded.leave();
  await rm(dataDir, { recursive: true, force: true });
}
