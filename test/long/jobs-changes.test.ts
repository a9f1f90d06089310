/**
 * Changing schedules while nodes fire them: a claim based on the old state is refused, what is due at that moment
 * runs once, and the audit finds no instant lost or duplicated, whatever was changed, whichever node stopped, and
 * however often.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import type { Job } from '../../src/jobs/job.ts';
import { claimFires, type RunLease } from '../../src/jobs/ledger/fires.ts';
import { auditLedger } from '../../src/jobs/ledger/ledger-audit.graphql.ts';
import { resolveFires } from '../../src/jobs/ledger/resolve.rules.ts';
import { createScheduler, type Scheduler } from '../../src/jobs/scheduler.ts';
import { changeSchedule, registerSchedules } from '../../src/jobs/schedules/change-schedule.ts';
import type { TimingRequest } from '../../src/jobs/schedules/reschedule.rules.ts';
import { pauseJob, rescheduleJob, resumeJob } from '../../src/jobs/schedules/schedule-mutations.graphql.ts';
import { loadSchedules } from '../../src/jobs/schedules/schedules.ts';
import type { Context } from '../../src/work/context.ts';
import { as, testContext } from '../support/context.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const nodeId = randomUUID();
const leaseMs = 30_000;
let database: TestDatabase;
let db: Database;
let started: Scheduler[] = [];

const job = (overrides: Partial<Job> = {}): Job => ({
  name: 'SampleJob',
  description: 'For tests.',
  cron: '* * * * * *',
  timeZone: 'UTC',
  misfirePolicy: 'skip',
  run: async () => ({}),
  ...overrides,
});

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 16 });
  db = database.db;
  await db.query(
    `INSERT INTO auth.server_nodes (id, name, version, host_name, process_id) VALUES ($1, 'node-1', '0.0.0', 'here', 1)`,
    [nodeId],
  );
});
afterAll(() => database?.drop());
beforeEach(() => db.query('DELETE FROM auth.job_schedules'));
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(started.map((scheduler) => scheduler.stop({ timeoutMs: 2000 })));
  started = [];
});

const context = (jobs: readonly Job[], config: Partial<Config> = {}): Context =>
  testContext({ db, nodeId, jobs, config });
const start = async (
  jobs: readonly Job[] = [job()],
  checkEveryMs?: number,
  config: Partial<Config> = {},
): Promise<Scheduler> => {
  const scheduler = createScheduler(context(jobs, config), checkEveryMs === undefined ? {} : { checkEveryMs });
  await scheduler.start();
  started.push(scheduler);
  return scheduler;
};
const register = (jobs: readonly Job[] = [job()]) => registerSchedules(context(jobs));
/** A caller on a node that executes the runs its changes start, or (`jobs` is empty) that does not know the job. */
const by = (name: string, jobs: readonly Job[], launched: RunLease[] = []): Context => {
  const scheduler = { launch: (run: RunLease) => void launched.push(run) } as Scheduler;
  return { ...as(context(jobs), name), scheduler };
};
const load = async () => {
  const { now, schedules } = await loadSchedules(db, ['SampleJob']);
  const [schedule] = schedules;
  if (schedule === undefined) throw new Error('There is no SampleJob.');
  return { now, schedule };
};
/** As if no node had checked for this many seconds. */
const age = (seconds: number) =>
  db.query(`UPDATE auth.job_schedules SET resolved_through = date_trunc('second', now()) - $1 * interval '1 second'`, [
    seconds,
  ]);
interface Row {
  firedAt: Date;
  throughAt: Date;
  count: number;
  outcome: string;
  actor: string | null;
  version: number;
}
const ledger = () =>
  db.query<Row>(
    `SELECT fired_at AS "firedAt", through_at AS "throughAt", count, outcome, actor, schedule_version AS version
       FROM auth.job_fires ORDER BY fired_at`,
  );
/** Polls until the result is truthy, for at most fifteen seconds. */
const until = async <T>(ask: () => Promise<T> | T): Promise<NonNullable<T>> => {
  for (const deadline = performance.now() + 15_000; performance.now() < deadline; ) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`It did not become so: ${ask}`);
};
const pause = { jobName: 'SampleJob', reason: 'Quiet, please.', until: null };
const resume = { jobName: 'SampleJob', reason: 'A reason.' };

describe('a change', () => {
  it('refuses the claim of a node that knew the state before', async () => {
    await register([job()]);
    await age(3);
    const { now, schedule } = await load();
    const resolution = resolveFires({ schedule, now, upSince: now, runningSince: null });
    if (resolution === null) throw new Error('Nothing is due.');
    await pauseJob(by('ann', []), pause);
    expect(await claimFires(db, { schedule, resolution, nodeId, leaseMs })).toMatchObject({
      isClaimed: false,
      run: null,
      version: 2,
    });
    expect(new Set((await ledger()).map(({ outcome }) => outcome))).toEqual(new Set(['skipped_policy']));
  });

  it('starts what is due in that very moment, by the version before', async () => {
    await register([job()]);
    await age(1);
    const launched: RunLease[] = [];
    expect(await pauseJob(by('ann', [job()], launched), pause)).toMatchObject({ isChanged: true });
    expect(launched).toMatchObject([{ jobName: 'SampleJob', trigger: 'schedule' }]);
    expect(await ledger()).toMatchObject([{ outcome: 'on_time', count: 1, version: 1 }]);
    expect((await load()).schedule).toMatchObject({ version: 2, pausedBy: 'ann', pauseReason: 'Quiet, please.' });
  });

  it('that a caller refuses leaves everything as it was', async () => {
    await register([job()]);
    await age(3);
    const before = await load();
    const past = { ...pause, until: new Date(0) };
    await expect(pauseJob(by('ann', [job()]), past)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['until'], code: 'IN_THE_PAST' }],
    });
    expect((await load()).schedule).toEqual(before.schedule);
    expect(await ledger()).toEqual([]);
    const unknown = { jobName: 'NoJob', reason: null, startsRuns: true };
    const change = db.transaction((tx) => changeSchedule(tx, by('ann', [job()]), unknown, () => ({})));
    expect(await change).toBeUndefined();
  });

  it('that 8 people ask for at once is made once', async () => {
    await register([job()]);
    for (let round = 0; round < 10; round++) {
      const end = new Date(Date.now() + 3_600_000 + round);
      const ask = () => pauseJob(by('ann', []), { ...pause, until: end });
      const changes = await Promise.all(Array.from({ length: 8 }, ask));
      expect(changes.filter(({ isChanged }) => isChanged)).toHaveLength(1);
      const lift = () => resumeJob(by('ann', []), resume);
      const lifted = await Promise.all(Array.from({ length: 8 }, lift));
      expect(lifted.filter(({ isChanged }) => isChanged)).toHaveLength(1);
    }
    expect((await load()).schedule.version).toBe(21);
  });

  it('to the default is not overridden any more, to anything else is', async () => {
    await register();
    const change = (changes: TimingRequest) => rescheduleJob(by('ann', [job()]), { jobName: 'SampleJob', ...changes });
    await change({ misfirePolicy: 'run_all' });
    expect((await load()).schedule).toMatchObject({ misfirePolicy: 'run_all', isOverridden: true });
    expect(await change({ misfirePolicy: 'run_all' })).toMatchObject({ isChanged: false });
    await change({ misfirePolicy: 'skip' });
    expect((await load()).schedule).toMatchObject({ misfirePolicy: 'skip', isOverridden: false, version: 3 });
    expect(await change({ reset: true })).toMatchObject({ isChanged: false });
  });
});

it('resuming writes what was skipped, with the pause’s actor and reason, before it lifts the pause', async () => {
  await register([job({ cron: '* * * * *' })]);
  await pauseJob(by('ann', []), pause);
  await db.query(
    `UPDATE auth.job_schedules SET resolved_through = resolved_through - interval '3 days', paused_at = paused_at - interval '3 days'`,
  );
  await resumeJob(by('bob', []), { ...resume, reason: null });
  const fires = await ledger();
  expect(fires).toMatchObject([{ outcome: 'skipped_paused', actor: 'ann', version: 2 }]);
  expect(fires[0]?.count).toBeGreaterThanOrEqual(3 * 1440);
  expect((await load()).schedule).toMatchObject({ pausedAt: null, pausedBy: null, version: 3 });
});

it('three nodes, changed all the time and stopped in between: each instant has one outcome, says the audit', async () => {
  const third = job();
  const began = new Date();
  await Promise.all([start([third]), start([third]), start([third])]);
  const ann = by('ann', [third]);
  const reschedule = (timing: TimingRequest) => rescheduleJob(ann, { jobName: 'SampleJob', ...timing });
  const changes: (() => Promise<unknown>)[] = [
    () => pauseJob(ann, { ...pause, until: new Date(Date.now() + 300) }).catch(() => null),
    () => reschedule({ cron: '*/2 * * * * *' }),
    () => resumeJob(ann, resume),
    () => reschedule({ timeZone: 'Australia/Lord_Howe' }),
    () => pauseJob(ann, pause),
    () => reschedule({ reset: true }),
  ];
  const from = (await load()).schedule.resolvedThrough.getTime();
  for (let step = 0; (await load()).now.getTime() < from + 6_000; step++) {
    await Promise.all([changes[step % changes.length]?.(), changes[(step + 3) % changes.length]?.()]);
    await Promise.all(started.map((scheduler) => scheduler.refresh()));
    if (step % 20 === 10) await started.shift()?.stop({ timeoutMs: 2000 });
    if (step % 20 === 19) await start([third]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await resumeJob(ann, resume);
  await Promise.all(started.map((scheduler) => scheduler.stop({ timeoutMs: 2000 })));
  const { schedule, now } = await load();
  expect(schedule.version).toBeGreaterThan(50);
  const report = await auditLedger(db, { jobName: 'SampleJob', from: began, to: now, retentionMs: null });
  expect(report).toMatchObject({ missing: [], extra: [], miscounted: [] });
  expect(report.dueCount).toBeGreaterThanOrEqual(3);
  expect(report.recordedCount).toBe(report.dueCount);
});

it('the misfire window is what it was set to', async () => {
  const hourly = job({ cron: `${(new Date().getUTCMinutes() + 30) % 60} * * * *`, misfirePolicy: 'run_once' });
  await register([hourly]);
  await age(3 * 3600);
  await start([hourly], undefined, { MISFIRE_WINDOW: 60_000 });
  const fires = await db.query<{ outcome: string; count: number; reason: string }>(
    'SELECT outcome, count, reason FROM auth.job_fires',
  );
  expect(fires).toEqual([{ outcome: 'missed', count: 3, reason: 'Noticed more than 1 min after it was due.' }]);
});

describe('a clock that jumps', () => {
  const HOUR = 3_600_000;
  const countOf = async (outcome: string) => (await ledger()).filter((row) => row.outcome === outcome).length;

  it.each([
    ['forward', HOUR],
    ['back', -HOUR],
  ])('a machine’s, an hour %s: nothing is fired twice, nothing is left out, and it goes on', async (_way, jump) => {
    const began = (await db.query<{ now: Date }>('SELECT now()'))[0]?.now ?? new Date();
    await Promise.all([start([job()], 50), start([job()], 50)]);
    await until(async () => (await countOf('on_time')) >= 2);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jump });
    const before = await countOf('on_time');
    await until(async () => (await countOf('on_time')) >= before + 2);
    vi.useRealTimers();
    const again = await countOf('on_time');
    await until(async () => (await countOf('on_time')) >= again + 2);
    await Promise.all(started.map((scheduler) => scheduler.stop({ timeoutMs: 2000 })));
    const { now, schedule } = await load();
    expect(schedule.resolvedThrough <= now).toBe(true);
    const report = await auditLedger(db, { jobName: 'SampleJob', from: began, to: now, retentionMs: null });
    expect(report).toMatchObject({ missing: [], extra: [], miscounted: [] });
  });

  it('the database’s, three hours forward: they are settled once over all nodes, by the policy', async () => {
    // Hourly, half an hour from now, so that no fire becomes due meanwhile.
    const minute = (new Date().getUTCMinutes() + 30) % 60;
    const hourly = job({ cron: `${minute} * * * *`, misfirePolicy: 'run_once' });
    await Promise.all([start([hourly], 50), start([hourly], 50), start([hourly], 50)]);
    // The same as a clock set forward: the watermark is three hours back.
    await db.query(`UPDATE auth.job_schedules SET resolved_through = resolved_through - interval '3 hours'`);
    await until(async () => (await db.query(`SELECT FROM auth.job_runs WHERE status = 'succeeded'`)).length > 0);
    await Promise.all(started.map((scheduler) => scheduler.stop({ timeoutMs: 2000 })));
    expect(await ledger()).toMatchObject([
      { outcome: 'skipped_policy', count: 2 },
      { outcome: 'caught_up', count: 1 },
    ]);
    expect(await db.query('SELECT status, trigger FROM auth.job_runs')).toEqual([
      { status: 'succeeded', trigger: 'catch_up' },
    ]);
  });

  it('the database’s, an hour back: what has its outcome gets no second one, and the next is waited for', async () => {
    await register([job()]);
    await db.query(`UPDATE auth.job_schedules SET resolved_through = resolved_through + interval '1 hour'`);
    const { schedule } = await load();
    const scheduler = await start([job()], 50);
    expect(scheduler.next()[0]?.at.getTime()).toBeGreaterThan(schedule.resolvedThrough.getTime());
    await scheduler.refresh();
    expect(await ledger()).toEqual([]);
    // A change does not move the watermark back either.
    await rescheduleJob(by('ann', [job()]), { jobName: 'SampleJob', cron: '*/5 * * * * *' });
    expect((await load()).schedule.resolvedThrough).toEqual(schedule.resolvedThrough);
  });
});
