/**
 * A job every second for three minutes, on three servers of which one is killed every ten seconds and another is
 * halted now and then, while PostgreSQL is restarted once: the ledger has exactly one outcome per instant, no two
 * runs overlap, and fires were on time while a server was healthy.
 */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { auditLedger } from '../../src/jobs/ledger/ledger-audit.graphql.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { showFigures } from '../support/flow.ts';
import { type OwnCluster, startOwnCluster } from '../support/own-cluster.ts';
import { createProcesses, type Env, until } from '../support/process.ts';
import { createTroupe } from '../support/troupe.ts';

const SECONDS = 180;
const NODES = 3;
const KILL_EVERY_S = 10;
/** Seconds after the start at which a server is halted, and PostgreSQL restarted. */
const HALTS_AT = [25, 85, 145];
const HALT_S = 8;
const RESTART_AT = 105;
/** When the server that executes a run is killed, instead of a random one. */
const KILL_RUN_AT = 60;
const JOB = 'ManagedAccountRetryJob';

const processes = createProcesses();
let cluster: OwnCluster;
let db: Database;
let env: Env;

beforeAll(async () => {
  cluster = await startOwnCluster();
  db = await openDatabase({ url: cluster.url, poolSize: 2, logger: silentLogger });
  // The servers use the schedule as they find it.
  await db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, is_overridden, resolved_through)
     VALUES ($1, '* * * * * *', 'UTC', 'run_once', true, date_trunc('second', now()))`,
    [JOB],
  );
  env = {
    DATABASE_URL: cluster.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    IDENTITY_PROVIDER: 'simulator',
    PROVIDER_TIMEOUT: '600ms',
    LEASE_DURATION: '2s',
    HEARTBEAT_INTERVAL: '500ms',
  };
}, 60_000);

afterAll(async () => {
  await processes.endAll();
  await db?.close();
  await cluster?.remove();
});

it(`gives each of ${SECONDS} instants one outcome`, { timeout: (SECONDS + 90) * 1_000 }, async () => {
  const troupe = await createTroupe(NODES, () => processes.startNode(env));
  await until('the first run', async () => (await db.prisma.jobRun.count()) > 0);
  const begun = Math.ceil(Date.now() / 1_000) * 1_000;
  let killedRun = '';
  const reached = (second: number) =>
    until(`second ${second}`, () => Date.now() >= begun + second * 1_000, (SECONDS + 30) * 1_000);

  const killInMidRun = async (): Promise<void> => {
    const holder = new pg.Client({ connectionString: cluster.url });
    await holder.connect();
    try {
      // The next run waits for this lock until its server is dead.
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE auth.queued_managed_account_creations IN EXCLUSIVE MODE');
      const run = await until('a run that waits', async () => {
        const [found] = await db.query<{ id: string; pid: number }>(
          `SELECT run.id, node.process_id AS pid FROM auth.job_runs AS run JOIN auth.server_nodes AS node ON node.id = run.node_id
           WHERE run.job_name = $1 AND run.status = 'running' AND run.lease_expires_at > now() AND run.started_at < now() - interval '300 ms'`,
          [JOB],
        );
        return found;
      });
      killedRun = run.id;
      const killed = troupe.killOne(run.pid);
      await holder.query('ROLLBACK');
      await killed;
    } finally {
      await holder.end();
    }
  };
  const killing = async (): Promise<void> => {
    for (let second = KILL_EVERY_S; second < SECONDS; second += KILL_EVERY_S) {
      await reached(second);
      if (second === KILL_RUN_AT) {
        await killInMidRun();
        continue;
      }
      // Vary the moment within a second and within a run.
      const moment = performance.now() + 1_000 * Math.random();
      await until('the moment', () => performance.now() > moment);
      await troupe.killOne();
    }
  };
  const halting = async (): Promise<void> => {
    for (const second of HALTS_AT) {
      await reached(second);
      const goOn = troupe.haltOne();
      await reached(second + HALT_S);
      goOn();
    }
  };
  const restarting = async (): Promise<{ from: number; to: number }> => {
    await reached(RESTART_AT);
    // A starting server would correctly exit without its database.
    await until('no server to be starting', () => troupe.countWell(Date.now()) === NODES);
    const from = Date.now();
    await cluster.stop();
    await cluster.start();
    return { from, to: Date.now() };
  };
  const [databaseAway] = await Promise.all([restarting(), killing(), halting()]);
  await reached(SECONDS);
  const from = new Date(begun);
  const last = new Date(begun + (SECONDS - 1) * 1_000);
  await until(
    'the last instant to be settled',
    async () => (await db.prisma.jobSchedule.findUniqueOrThrow({ where: { name: JOB } })).resolvedThrough >= last,
    30_000,
  );

  // A row may be a gap of several instants: each of its seconds has its outcome.
  const outcomes = await db.query<{ at: Date; outcome: string }>(
    `SELECT instant AS at, outcome::text FROM auth.job_fires AS fire,
            generate_series(fire.fired_at, fire.through_at, interval '1 second') AS instant
     WHERE fire.job_name = $1 AND instant BETWEEN $2 AND $3 ORDER BY instant`,
    [JOB, from, last],
  );
  const isWell = (at: number): boolean => (at < databaseAway.from || at > databaseAway.to) && troupe.countWell(at) > 0;
  const well = outcomes.filter(({ at }) => isWell(at.getTime()));
  const onTime = well.filter(({ outcome }) => outcome === 'on_time');
  const counts: Record<string, number> = {};
  for (const { outcome } of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  const [runs] = await db.query(
    `SELECT count(*)::int AS runs, count(*) FILTER (WHERE status = 'interrupted')::int AS interrupted,
            count(DISTINCT node_id)::int AS nodes, count(*) FILTER (WHERE status = 'failed')::int AS failed
       FROM auth.job_runs WHERE job_name = $1`,
    [JOB],
  );
  const lags = await db.query(
    `SELECT round(1000 * percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - fired_at)))::int AS p50,
            round(1000 * percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - fired_at)))::int AS p99
       FROM auth.job_fires WHERE job_name = $1 AND outcome = 'on_time'`,
    [JOB],
  );
  const killed = await db.prisma.jobRun.findUniqueOrThrow({
    where: { id: killedRun },
    include: { fire: { include: { runs: { orderBy: { startedAt: 'asc' } } } } },
  });
  const figures = {
    counts,
    well: well.length,
    onTimeShare: onTime.length / well.length,
    kills: troupe.kills(),
    afterKilledRunMs: await standstillAfter(killed.startedAt),
    runs,
    lagMs: lags[0],
    databaseAwayMs: databaseAway.to - databaseAway.from,
  };
  showFigures('a job each second', figures);

  expect(outcomes.map(({ at }) => at.getTime())).toEqual(Array.from({ length: SECONDS }, (_, n) => begun + n * 1_000));
  const report = await auditLedger(db, { jobName: JOB, from, to: new Date(last.getTime() + 1), retentionMs: null });
  expect(report).toMatchObject({ dueCount: SECONDS, missingCount: 0, extraCount: 0, miscountedCount: 0, notes: [] });
  const overlapping = await db.query(
    `SELECT one.id, one.started_at, other.started_at AS "otherStartedAt" FROM auth.job_runs AS one
       JOIN auth.job_runs AS other ON other.job_name = one.job_name AND other.id <> one.id
      WHERE other.started_at >= one.started_at AND other.started_at < coalesce(one.finished_at, 'infinity')`,
  );
  expect(overlapping).toEqual([]);
  // The run of the killed server is closed, and another run caught up its fire.
  expect(killed.status).toBe('interrupted');
  expect(killed.fire).toMatchObject({ outcome: 'caught_up', runs: [{ id: killedRun }, { trigger: 'catch_up' }] });
  // The sum of its lease, the check that finds it, and the next second.
  expect(figures.afterKilledRunMs).toBeLessThanOrEqual(10_000);
  expect(figures.kills).toBeGreaterThanOrEqual(SECONDS / KILL_EVERY_S - 2);
  expect(figures.well).toBeGreaterThan(0.9 * SECONDS);
  expect(figures.onTimeShare, JSON.stringify(figures)).toBeGreaterThanOrEqual(0.9);
});

/** How long it took from an instant until a later fire was on time again, in milliseconds. */
async function standstillAfter(at: Date): Promise<number> {
  const next = await db.prisma.jobFire.findFirstOrThrow({
    where: { jobName: JOB, firedAt: { gt: at }, outcome: 'on_time' },
    orderBy: { firedAt: 'asc' },
  });
  return next.firedAt.getTime() - at.getTime();
}
