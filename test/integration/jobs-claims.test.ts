/**
 * Schedules, claims and runs as statements on a real PostgreSQL: which node wins, the content of the ledger, and
 * what may not be written after a lost lease. Rows are backdated to simulate time.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import type { Job } from '../../src/jobs/job.ts';
import { claimFires, type RunLease, startOwedFire } from '../../src/jobs/ledger/fires.ts';
import { type ResolveInput, resolveFires } from '../../src/jobs/ledger/resolve.rules.ts';
import { interruptRun } from '../../src/jobs/runs/interrupt-run.ts';
import { closeCrashedRuns, finishRun, renewRun, startManualRun } from '../../src/jobs/runs/runs.ts';
import { registerSchedules } from '../../src/jobs/schedules/change-schedule.ts';
import { loadSchedules, type ScheduleInUse } from '../../src/jobs/schedules/schedules.ts';
import { as, testContext } from '../support/context.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const nodeId = randomUUID();
const leaseMs = 30_000;
const done = { status: 'succeeded', counts: {}, errorMessage: null } as const;
const job = (overrides: Partial<Job> = {}): Job => ({
  name: 'SampleJob',
  description: 'For tests.',
  cron: '* * * * * *',
  timeZone: 'UTC',
  misfirePolicy: 'run_once',
  run: async () => ({}),
  ...overrides,
});

let database: TestDatabase;
let db: Database;

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

const register = (jobs: readonly Job[]): Promise<void> => registerSchedules(testContext({ db, jobs, nodeId }));
const load = async (name = 'SampleJob'): Promise<{ now: Date; schedule: ScheduleInUse }> => {
  const { now, schedules } = await loadSchedules(db, [name]);
  const [schedule] = schedules;
  if (schedule === undefined) throw new Error(`There is no ${name}.`);
  return { now, schedule };
};
/** Registers a job whose schedule was resolved through `seconds` ago; `now` is the database's time of that. */
const registerAged = async (seconds: number, overrides: Partial<Job> = {}) => {
  await register([job(overrides)]);
  const [aged] = await db.query<{ now: Date }>(
    `UPDATE auth.job_schedules
        SET resolved_through = date_trunc('second', now()) - $1 * interval '1 second'
     RETURNING now()`,
    [seconds],
  );
  return { ...(await load()), now: aged?.now ?? new Date(0) };
};
const resolveAndClaim = async (
  { now, schedule }: { now: Date; schedule: ScheduleInUse },
  overrides: Partial<ResolveInput> = {},
) => {
  const resolution = resolveFires({ schedule, now, upSince: now, runningSince: null, ...overrides });
  if (resolution === null) throw new Error('Nothing is due.');
  return claimFires(db, { schedule, resolution, nodeId, leaseMs });
};
const runOf = <T>(claim: { run: T | null } | null): T => {
  if (!claim?.run) throw new Error('No run began.');
  return claim.run;
};
const ledger = () =>
  db.query<{ outcome: string; count: number; isStarted: boolean; runs: number }>(
    `SELECT outcome, count, started_at IS NOT NULL AS "isStarted",
            (SELECT count(*)::int FROM auth.job_runs AS run WHERE run.fire_id = fire.id) AS runs
       FROM auth.job_fires AS fire ORDER BY fired_at`,
  );
const reasons = async () =>
  (await db.query<{ reason: string | null }>('SELECT reason FROM auth.job_fires ORDER BY fired_at')).map(
    ({ reason }) => reason,
  );
const runs = () =>
  db.query<{ trigger: string; status: string; errorMessage: string | null }>(
    `SELECT trigger, status, error_message AS "errorMessage" FROM auth.job_runs ORDER BY created_at, started_at`,
  );
/** Polls until there are rows, for at most 30 seconds. */
const until = async (ask: () => Promise<unknown[]>): Promise<void> => {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; ) {
    if ((await ask()).length > 0) return;
  }
  throw new Error(`It did not become so: ${ask}`);
};
const versions = () =>
  db.query<{
    version: number;
    cron: string;
    inForceAfter: Date;
    changedBy: string | null;
    changeReason: string | null;
  }>(
    `SELECT version, cron, in_force_after AS "inForceAfter", changed_by AS "changedBy", change_reason AS "changeReason"
       FROM auth.job_schedule_versions ORDER BY job_name, version`,
  );
const expireLeases = () => db.query(`UPDATE auth.job_runs SET lease_expires_at = now() - interval '1 ms'`);

describe('a run that had nothing to do', () => {
  it('is marked as empty: only a scheduled one that succeeded and counted nothing', async () => {
    const isEmptyAfter = async (run: RunLease, result: Parameters<typeof finishRun>[2]) => {
      await finishRun(db, run, result);
      const [row] = await db.query<{ isEmpty: boolean }>(
        'SELECT is_empty AS "isEmpty" FROM auth.job_runs WHERE id = $1',
        [run.runId],
      );
      return row?.isEmpty;
    };
    const scheduled = async () => {
      await db.query('DELETE FROM auth.job_schedules');
      return runOf(await resolveAndClaim(await registerAged(1)));
    };
    const zero = { status: 'succeeded', counts: { due: 0, deleted: 0 }, errorMessage: null } as const;
    expect(await isEmptyAfter(await scheduled(), zero)).toBe(true);
    expect(await isEmptyAfter(await scheduled(), { ...zero, counts: {} })).toBe(true);
    expect(await isEmptyAfter(await scheduled(), { ...zero, counts: { due: 0, deleted: 2 } })).toBe(false);
    expect(await isEmptyAfter(await scheduled(), { ...zero, status: 'failed', errorMessage: 'No.' })).toBe(false);
    const byHand = { jobName: 'SampleJob', nodeId, leaseMs, actor: 'ann', reason: null };
    expect(await isEmptyAfter(await startManualRun(db, byHand), zero)).toBe(false);
  });
});

describe('registering schedules', () => {
  it('makes a row once, settled through now', async () => {
    const [before] = await db.query<{ now: Date }>(`SELECT date_trunc('milliseconds', now()) AS now`);
    await register([job()]);
    const first = await load();
    expect(first.schedule).toMatchObject({ cron: '* * * * * *', version: 1, isOverridden: false });
    const resolvedThrough = first.schedule.resolvedThrough.getTime();
    expect(resolvedThrough).toBeGreaterThanOrEqual(before?.now.getTime() ?? Number.NaN);
    expect(resolvedThrough).toBeLessThanOrEqual(first.now.getTime());
    await register([job()]);
    expect((await load()).schedule).toEqual(first.schedule);
    const { resolvedThrough: inForceAfter } = first.schedule;
    expect(await versions()).toEqual([
      { version: 1, cron: '* * * * * *', inForceAfter, changedBy: null, changeReason: null },
    ]);
  });

  it('brings a changed default as a new version, having settled the old one', async () => {
    const { schedule: before } = await registerAged(10);
    await register([job({ cron: '0 3 * * *' })]);
    const { schedule } = await load();
    expect(schedule).toMatchObject({ cron: '0 3 * * *', version: 2, isFireOwed: true });
    expect(schedule.resolvedThrough > before.resolvedThrough).toBe(true);
    const fires = await ledger();
    expect(fires.map(({ outcome }) => outcome)).toEqual(['skipped_policy', 'caught_up']);
    expect(fires.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(10);
    // The versions meet at the watermark, without a gap or an overlap.
    expect(await versions()).toMatchObject([
      { version: 1, cron: '* * * * * *' },
      { version: 2, cron: '0 3 * * *', inForceAfter: schedule.resolvedThrough, changedBy: null },
    ]);
    const [last] = await db.query('SELECT max(through_at) <= $1 AS "isCovered" FROM auth.job_fires', [
      schedule.resolvedThrough,
    ]);
    expect(last).toEqual({ isCovered: true });
  });

  it('of 8 nodes that bring the same changed default at once, one does', async () => {
    await registerAged(10);
    const changed = [job({ cron: '0 3 * * *' })];
    await Promise.all(Array.from({ length: 8 }, () => register(changed)));
    expect((await versions()).map(({ version }) => version)).toEqual([1, 2]);
    expect((await load()).schedule.version).toBe(2);
  });

  it('a row that was made with SQL gets its version when a node knows the job', async () => {
    await db.query(
      `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, is_overridden, resolved_through)
       VALUES ('SampleJob', '1 1 * * *', 'UTC', 'skip', true, '2026-01-01T00:00:00Z')`,
    );
    await register([job()]);
    expect(await versions()).toMatchObject([
      { version: 1, cron: '1 1 * * *', inForceAfter: new Date('2026-01-01T00:00:00Z') },
    ]);
  });

  it('leaves an overridden schedule alone', async () => {
    await register([job()]);
    await db.query(`UPDATE auth.job_schedules SET is_overridden = true, cron = '5 5 * * *'`);
    await register([job({ cron: '0 3 * * *' })]);
    expect((await load()).schedule).toMatchObject({ cron: '5 5 * * *', version: 1 });
  });

  it('names the job whose default is wrong', async () => {
    await expect(register([job({ cron: '0 0 30 2 *' })])).rejects.toThrow(/SampleJob.*never/);
    await expect(register([job({ timeZone: 'Berlin' })])).rejects.toThrow(/Europe\/Berlin/);
  });
});

describe('claiming', () => {
  it('by 8 connections at once: one outcome per instant, one run', async () => {
    const known = await registerAged(3);
    const claims = await Promise.all(Array.from({ length: 8 }, () => resolveAndClaim(known)));
    expect(claims.filter((claim) => claim?.isClaimed)).toHaveLength(1);
    expect(claims.filter((claim) => claim?.run)).toHaveLength(1);
    const fires = await ledger();
    expect(fires).toEqual([
      { outcome: 'skipped_policy', count: 2, isStarted: false, runs: 0 },
      { outcome: 'on_time', count: 1, isStarted: true, runs: 1 },
    ]);
    expect((await load()).schedule.resolvedThrough).toEqual(floor(known.now, 1000));
  });

  it('refuses the future of the database, another version, and a watermark that moved', async () => {
    const known = await registerAged(2);
    const future = new Date(known.now.getTime() + 3_600_000);
    expect(await resolveAndClaim({ ...known, now: future })).toMatchObject({ isClaimed: false, run: null });
    const wrong = { ...known, schedule: { ...known.schedule, version: 7 } };
    expect(await resolveAndClaim(wrong)).toMatchObject({ isClaimed: false, version: 1 });
    const moved = { ...known.schedule, resolvedThrough: new Date(known.schedule.resolvedThrough.getTime() - 1000) };
    expect(await resolveAndClaim({ ...known, schedule: moved })).toMatchObject({ isClaimed: false });
    expect(await ledger()).toEqual([]);
    expect(await runs()).toEqual([]);
  });

  it('while a run is going on: skipped_overlap, decided in the statement', async () => {
    const known = await registerAged(1);
    await startManualRun(db, { jobName: 'SampleJob', nodeId, leaseMs, actor: 'ann', reason: null });
    expect(await resolveAndClaim(known)).toMatchObject({ isClaimed: true, run: null });
    expect(await ledger()).toEqual([{ outcome: 'skipped_overlap', count: 1, isStarted: false, runs: 0 }]);
    const { runningSince } = (await load()).schedule;
    expect(await reasons()).toEqual([`The run that began at ${runningSince?.toISOString()} was going on.`]);
  });

  it('one whose claim came through too slowly is late, and says so in the words of the rule', async () => {
    const { now, schedule } = await registerAged(1);
    const resolution = resolveFires({ schedule, now, upSince: now, runningSince: null });
    if (resolution === null) throw new Error('Nothing is due.');
    expect(resolution.fires).toMatchObject([{ outcome: 'on_time', reason: null }]);
    await claimFires(db, { schedule, resolution, nodeId, leaseMs, toleranceMs: 0 });
    expect(await ledger()).toMatchObject([{ outcome: 'late', isStarted: true }]);
    expect(await reasons()).toEqual([expect.stringMatching(/^Claimed \d+(\.\d{1,3})? s after it was due\.$/)]);
  });

  it('a claim and a run by hand at the same moment never overlap', async () => {
    for (let round = 0; round < 20; round++) {
      await db.query('DELETE FROM auth.job_schedules');
      const known = await registerAged(1);
      const manual = { jobName: 'SampleJob', nodeId, leaseMs, actor: null, reason: null };
      const [claim, byHand] = await Promise.allSettled([resolveAndClaim(known), startManualRun(db, manual)]);
      const began = [claim.status === 'fulfilled' && claim.value?.run, byHand.status === 'fulfilled' && byHand.value];
      expect(began.filter(Boolean)).toHaveLength(1);
      expect(await runs()).toHaveLength(1);
    }
  });

  it('a claim that had to wait while the run before it ended begins after that end', async () => {
    const known = await registerAged(1);
    const manual = { jobName: 'SampleJob', nodeId, leaseMs, actor: null, reason: null };
    const before = await startManualRun(db, manual);
    const waiting = async () =>
      (await db.query(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`))
        .length;
    let isFinished = false;
    const [claim, finish] = await db.transaction(async (tx) => {
      await tx.query(`SELECT 1 FROM auth.job_schedules FOR UPDATE`);
      const claiming = resolveAndClaim(known);
      await until(async () => ((await waiting()) === 1 ? [1] : []));
      const finishing = finishRun(db, before, done).then((answer) => {
        isFinished = true;
        return answer;
      });
      await until(async () => (isFinished || (await waiting()) === 2 ? [1] : []));
      return [claiming, finishing] as const;
    });
    await Promise.all([claim, finish]);
    expect(
      await db.query(
        `SELECT 1 FROM auth.job_runs AS one JOIN auth.job_runs AS other ON other.id <> one.id
          WHERE other.started_at >= one.started_at AND other.started_at < coalesce(one.finished_at, 'infinity')`,
      ),
    ).toEqual([]);
  });

  it('a pause that goes on is one row that grows', async () => {
    const { now } = await registerAged(10);
    await db.query(
      `UPDATE auth.job_schedules
          SET paused_at = now() - interval '1 minute', paused_by = 'ann', pause_reason = 'Quiet, please.'`,
    );
    await resolveAndClaim({ ...(await load()), now: new Date(now.getTime() - 5000) });
    await resolveAndClaim({ ...(await load()), now });
    expect(await ledger()).toEqual([{ outcome: 'skipped_paused', count: 10, isStarted: false, runs: 0 }]);
  });
});

const floor = (at: Date, step: number) => new Date(Math.floor(at.getTime() / step) * step);

describe('misfires at a start', () => {
  const minute = { cron: '* * * * *' };
  const owedOneByOne = async () => {
    const begun: string[] = [];
    for (;;) {
      const run = await startOwedFire(db, { jobName: 'SampleJob', nodeId, leaseMs });
      if (run === null) return begun;
      begun.push(run.trigger);
      await finishRun(db, run, done);
    }
  };
  /** A downtime of ten minutes, detected just before the next minute, so that no fire is on time. */
  const downTenMinutes = async (misfirePolicy: Job['misfirePolicy']) => {
    const { now } = await registerAged(0, { ...minute, misfirePolicy });
    const thisMinute = floor(now, 60_000).getTime();
    await db.query('UPDATE auth.job_schedules SET resolved_through = $1', [new Date(thisMinute - 11 * 60_000)]);
    return { schedule: (await load()).schedule, now: new Date(thisMinute - 1000) };
  };

  it('run_once: the newest is caught up with, the others are skipped', async () => {
    const claim = await resolveAndClaim(await downTenMinutes('run_once'));
    expect(claim?.run?.trigger).toBe('catch_up');
    expect(await ledger()).toEqual([
      { outcome: 'skipped_policy', count: 9, isStarted: false, runs: 0 },
      { outcome: 'caught_up', count: 1, isStarted: true, runs: 1 },
    ]);
  });

  it('skip: nothing runs', async () => {
    expect((await resolveAndClaim(await downTenMinutes('skip')))?.run).toBeNull();
    expect(await ledger()).toEqual([{ outcome: 'skipped_policy', count: 10, isStarted: false, runs: 0 }]);
  });

  it('run_all: one after another, oldest first', async () => {
    const run = runOf(await resolveAndClaim(await downTenMinutes('run_all')));
    expect(await startOwedFire(db, { jobName: 'SampleJob', nodeId, leaseMs })).toBeNull();
    const ended = { outcome: 'caught_up', seconds: expect.any(Number) };
    expect(await finishRun(db, run, done)).toEqual({ ended, isFireOwed: true });
    expect(await owedOneByOne()).toHaveLength(9);
    expect(await ledger()).toEqual(Array(10).fill({ outcome: 'caught_up', count: 1, isStarted: true, runs: 1 }));
    const order = await db.query(
      `SELECT bool_and(scheduled_for > earlier) AS "isAscending"
         FROM (SELECT scheduled_for, lag(scheduled_for) OVER (ORDER BY started_at) AS earlier FROM auth.job_runs) AS run`,
    );
    expect(order).toEqual([{ isAscending: true }]);
  });

  it('an owed fire waits for the end of a pause, and is missed when it waited too long', async () => {
    await resolveAndClaim(await downTenMinutes('run_all'), { runningSince: new Date() });
    // A second ago: rounded to the millisecond, the current time may be after that of the next statement.
    await db.query(`UPDATE auth.job_schedules SET paused_at = now() - interval '1 second'`);
    expect(await startOwedFire(db, { jobName: 'SampleJob', nodeId, leaseMs })).toBeNull();
    await db.query(`UPDATE auth.job_schedules SET paused_until = now()`);
    expect(await startOwedFire(db, { jobName: 'SampleJob', nodeId, leaseMs, windowMs: 1000 })).toBeNull();
    expect(new Set((await ledger()).map(({ outcome }) => outcome))).toEqual(new Set(['missed']));
  });

  it('an owed fire that was started and done while another node looked is not started again', async () => {
    await resolveAndClaim(await downTenMinutes('run_once'), { runningSince: new Date(0) });
    expect(await ledger()).toMatchObject([{ outcome: 'skipped_overlap' }]);
    await db.query(`UPDATE auth.job_fires SET outcome = 'caught_up', through_at = fired_at, count = 1`);
    const owed = { jobName: 'SampleJob', nodeId, leaseMs };
    let late: Promise<unknown> = Promise.resolve();
    await db.transaction(async (tx) => {
      const run = await startOwedFire(tx, owed);
      if (run === null) throw new Error('It was not owed.');
      await finishRun(tx, run, done);
      // Reads the rows as they were before our commit; the response may arrive afterwards.
      late = startOwedFire(db, owed);
      await until(() =>
        db.query(`SELECT FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%WITH held%'
                     AND (wait_event_type = 'Lock' OR state = 'idle')`),
      );
    });
    expect(await late).toBeNull();
    expect(await runs()).toHaveLength(1);
  });

  it('8 nodes that find the same owed fire start it once', async () => {
    await resolveAndClaim(await downTenMinutes('run_once'), { runningSince: new Date() });
    const begun = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const run = await startOwedFire(db, { jobName: 'SampleJob', nodeId, leaseMs });
        if (run !== null) await finishRun(db, run, done);
        return run;
      }),
    );
    expect(begun.filter(Boolean)).toHaveLength(1);
  });
});

describe('runs', () => {
  const manual = { jobName: 'SampleJob', nodeId, leaseMs, actor: 'ann', reason: 'Checking.' };

  it('by hand: one at a time, and an unknown name is answered with the known ones', async () => {
    await register([job(), job({ name: 'OtherJob' })]);
    const run = await startManualRun(db, manual);
    await expect(startManualRun(db, manual)).rejects.toMatchObject({
      code: 'JOB_ALREADY_RUNNING',
      runId: run.runId,
      message: expect.stringContaining('on node-1'),
    });
    await expect(startManualRun(db, { ...manual, jobName: 'NoJob' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('OtherJob, SampleJob'),
    });
    await finishRun(db, run, { status: 'failed', counts: { deleted: 3 }, errorMessage: 'Disk full.' });
    expect(
      await db.query(`SELECT status, counts, error_message, actor, reason, lease_token FROM auth.job_runs`),
    ).toEqual([
      {
        status: 'failed',
        counts: { deleted: 3 },
        error_message: 'Disk full.',
        actor: 'ann',
        reason: 'Checking.',
        lease_token: null,
      },
    ]);
  });

  it('a lost lease can write nothing more', async () => {
    await register([job()]);
    const run = await startManualRun(db, manual);
    expect(await renewRun(db, run, leaseMs, { counts: { seen: 1 } })).toEqual({ isHeld: true, interruption: null });
    await expireLeases();
    expect(await closeCrashedRuns(db)).toMatchObject([{ runId: run.runId, jobName: 'SampleJob', outcome: 'manual' }]);
    expect(await renewRun(db, run, leaseMs, { counts: { seen: 2 } })).toMatchObject({ isHeld: false });
    expect(await finishRun(db, run, done)).toMatchObject({ ended: null });
    expect(await db.query('SELECT status, counts FROM auth.job_runs')).toEqual([
      { status: 'interrupted', counts: { seen: 1 } },
    ]);
  });

  it.each([
    ['run_once', 2],
    ['run_all', 2],
    ['skip', 1],
  ] as const)('a crashed run of a fire under %s: %i runs in all', async (misfirePolicy, expected) => {
    runOf(await resolveAndClaim(await registerAged(1, { misfirePolicy })));
    for (let crash = 0; crash < 3; crash++) {
      await expireLeases();
      // All nodes check at once; only one closes it.
      const closed = await Promise.all([1, 2, 3].map(() => closeCrashedRuns(db)));
      expect(closed.flat()).toHaveLength(crash < expected ? 1 : 0);
      await startOwedFire(db, { jobName: 'SampleJob', nodeId, leaseMs });
    }
    const all = await runs();
    expect(all.map(({ status }) => status)).toEqual(Array(expected).fill('interrupted'));
    expect(all.map(({ trigger }) => trigger)).toEqual(['schedule', 'catch_up'].slice(0, expected));
    expect(await ledger()).toHaveLength(1);
  });

  it.each([
    ['crashed after that', () => expireLeases().then(() => closeCrashedRuns(db))],
    [
      'ended',
      (run: RunLease) => finishRun(db, run, { status: 'interrupted', counts: {}, errorMessage: 'Interrupted by ann.' }),
    ],
  ])('a run that a person interrupted and that %s is not owed again', async (_, end) => {
    const run = runOf(await resolveAndClaim(await registerAged(1)));
    const { runId } = run;
    const context = testContext({ db, nodeId });
    expect(await interruptRun(as(context, 'ann'), { runId, reason: null })).toEqual({ runId, isChanged: true });
    expect(await interruptRun(as(context, 'bob'), { runId, reason: 'Too.' })).toEqual({ runId, isChanged: false });
    expect(await renewRun(db, run, leaseMs, { counts: {} })).toEqual({
      isHeld: true,
      interruption: { by: 'ann', reason: null },
    });
    await end(run);
    expect(await startOwedFire(db, { jobName: 'SampleJob', nodeId, leaseMs })).toBeNull();
    expect(await ledger()).toEqual([{ outcome: 'on_time', count: 1, isStarted: true, runs: 1 }]);
    expect(await runs()).toMatchObject([{ status: 'interrupted' }]);
  });

  it('a lease that has just ended is left its grace before the run counts as crashed', async () => {
    await register([job()]);
    await startManualRun(db, { jobName: 'SampleJob', nodeId, leaseMs, actor: null, reason: null });
    await expireLeases();
    expect(await closeCrashedRuns(db, 60_000)).toEqual([]);
    expect(await closeCrashedRuns(db)).toHaveLength(1);
  });

  it('a run that was interrupted is owed once more; one that failed is not', async () => {
    const run = runOf(await resolveAndClaim(await registerAged(1)));
    const interrupted = await finishRun(db, run, { status: 'interrupted', counts: {}, errorMessage: 'Stopped.' });
    expect(interrupted).toMatchObject({ ended: { outcome: 'caught_up' }, isFireOwed: true });
    const again = await startOwedFire(db, { jobName: 'SampleJob', nodeId, leaseMs });
    if (again === null) throw new Error('It was not started again.');
    const failed = await finishRun(db, again, { status: 'failed', counts: {}, errorMessage: 'No.' });
    expect(failed).toMatchObject({ ended: { outcome: 'caught_up' }, isFireOwed: false });
  });
});
