/**
 * Changing schedules while nodes fire them: a claim that knew the old state is refused, what is
 * due in that very moment is run once, and the audit finds no instant lost or doubled, whatever
 * was changed, whoever stopped, and however often.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Database } from '../../src/database/database.ts';
import type { Job } from '../../src/jobs/job.ts';
import { claimFires } from '../../src/jobs/ledger/fires.ts';
import { auditLedger } from '../../src/jobs/ledger/ledger-audit.ts';
import { MISFIRE_WINDOW_MS, settle } from '../../src/jobs/ledger/settle.rules.ts';
import { createScheduler, type Scheduler } from '../../src/jobs/scheduler.ts';
import { type ChangeInput, changeSchedule } from '../../src/jobs/schedules/change-schedule.ts';
import { pauseSchedule, resumeSchedule } from '../../src/jobs/schedules/pause.ts';
import { registerSchedules } from '../../src/jobs/schedules/register.ts';
import { reschedule } from '../../src/jobs/schedules/reschedule.ts';
import { loadSchedules } from '../../src/jobs/schedules/schedules.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { testActs } from '../support/acts.ts';
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

const start = async (
  jobs: readonly Job[] = [job()],
  checkEveryMs?: number,
  windowMs = MISFIRE_WINDOW_MS,
): Promise<Scheduler> => {
  const scheduler = createScheduler({
    db,
    acts: testActs(db),
    clock: systemClock,
    logger: silentLogger,
    jobs,
    nodeId,
    leaseMs,
    windowMs,
    onRunChanged: () => undefined,
    ...(checkEveryMs === undefined ? {} : { checkEveryMs }),
  });
  await scheduler.start();
  started.push(scheduler);
  return scheduler;
};
const input = (overrides: Partial<ChangeInput> = {}): ChangeInput => ({
  name: 'SampleJob',
  nodeId,
  starting: { leaseMs, toleranceMs: 5000 },
  windowMs: MISFIRE_WINDOW_MS,
  actor: 'ann',
  reason: 'A reason.',
  ...overrides,
});
const load = async () => {
  const { now, schedules } = await loadSchedules(db, ['SampleJob']);
  const [schedule] = schedules;
  if (schedule === undefined) throw new Error('There is no SampleJob.');
  return { now, schedule };
};
/** As if nobody had looked for so many seconds. */
const age = (seconds: number) =>
  db.query(`UPDATE auth.job_schedules SET settled_through = date_trunc('second', now()) - $1 * interval '1 second'`, [
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
/** Asks until it is so, for fifteen seconds at most. */
const until = async <T>(ask: () => Promise<T> | T): Promise<NonNullable<T>> => {
  for (const deadline = performance.now() + 15_000; performance.now() < deadline; ) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`It did not become so: ${ask}`);
};
const pause = { by: 'ann', reason: 'Quiet, please.', until: null };

describe('a change', () => {
  it('refuses the claim of a node that knew the state before', async () => {
    await registerSchedules(testActs(db), [job()], nodeId);
    await age(3);
    const { now, schedule } = await load();
    const settlement = settle({ schedule, now, upSince: now, runningSince: null });
    if (settlement === null) throw new Error('Nothing is due.');
    await db.transaction((tx) => pauseSchedule(tx, input({ starting: null }), pause));
    expect(await claimFires(db, { schedule, settlement, nodeId, leaseMs })).toMatchObject({
      isClaimed: false,
      run: null,
      version: 2,
    });
    expect(new Set((await ledger()).map(({ outcome }) => outcome))).toEqual(new Set(['skipped_policy']));
  });

  it('starts what is due in that very moment, by the version before', async () => {
    await registerSchedules(testActs(db), [job()], nodeId);
    await age(1);
    const change = await db.transaction((tx) => pauseSchedule(tx, input(), pause));
    expect(change).toMatchObject({ isChanged: true, run: { jobName: 'SampleJob', trigger: 'schedule' } });
    expect(await ledger()).toMatchObject([{ outcome: 'on_time', count: 1, version: 1 }]);
    expect((await load()).schedule).toMatchObject({ version: 2, pausedBy: 'ann', pauseReason: 'Quiet, please.' });
  });

  it('that a caller refuses leaves everything as it was', async () => {
    await registerSchedules(testActs(db), [job()], nodeId);
    await age(3);
    const before = await load();
    const past = { ...pause, until: new Date(0) };
    await expect(db.transaction((tx) => pauseSchedule(tx, input(), past))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['until'], code: 'IN_THE_PAST' }],
    });
    expect((await load()).schedule).toEqual(before.schedule);
    expect(await ledger()).toEqual([]);
    expect(await db.transaction((tx) => changeSchedule(tx, input({ name: 'NoJob' }), () => ({})))).toBeNull();
  });

  it('that 8 people ask for at once is made once', async () => {
    await registerSchedules(testActs(db), [job()], nodeId);
    for (let round = 0; round < 10; round++) {
      const end = new Date(Date.now() + 3_600_000 + round);
      const ask = () => db.transaction((tx) => pauseSchedule(tx, input({ starting: null }), { ...pause, until: end }));
      const changes = await Promise.all(Array.from({ length: 8 }, ask));
      expect(changes.filter((change) => change?.isChanged)).toHaveLength(1);
      const lift = () => db.transaction((tx) => resumeSchedule(tx, input({ starting: null })));
      const lifted = await Promise.all(Array.from({ length: 8 }, lift));
      expect(lifted.filter((change) => change?.isChanged)).toHaveLength(1);
    }
    expect((await load()).schedule.version).toBe(21);
  });

  it('to the default is not overridden any more, to anything else is', async () => {
    const default_ = job();
    await registerSchedules(testActs(db), [default_], nodeId);
    const change = (changes: Parameters<typeof reschedule>[2]) =>
      db.transaction((tx) => reschedule(tx, input({ starting: null }), changes, default_));
    await change({ misfirePolicy: 'run_all' });
    expect((await load()).schedule).toMatchObject({ misfirePolicy: 'run_all', isOverridden: true });
    expect(await change({ misfirePolicy: 'run_all' })).toMatchObject({ isChanged: false });
    await change({ misfirePolicy: 'skip' });
    expect((await load()).schedule).toMatchObject({ misfirePolicy: 'skip', isOverridden: false, version: 3 });
    expect(await change('default')).toMatchObject({ isChanged: false });
  });
});

it('resuming writes what was skipped, with the pause’s actor and reason, before it lifts the pause', async () => {
  await registerSchedules(testActs(db), [job({ cron: '* * * * *' })], nodeId);
  await db.transaction((tx) => pauseSchedule(tx, input({ starting: null }), pause));
  await db.query(
    `UPDATE auth.job_schedules SET settled_through = settled_through - interval '3 days', paused_at = paused_at - interval '3 days'`,
  );
  await db.transaction((tx) => resumeSchedule(tx, input({ starting: null, actor: 'bob', reason: null })));
  const fires = await ledger();
  expect(fires).toMatchObject([{ outcome: 'skipped_paused', actor: 'ann', version: 2 }]);
  expect(fires[0]?.count).toBeGreaterThanOrEqual(3 * 1440);
  expect((await load()).schedule).toMatchObject({ pausedAt: null, pausedBy: null, version: 3 });
});

it('three nodes, changed all the time and stopped in between: each instant has one outcome, says the audit', async () => {
  const third = job();
  const began = new Date();
  await Promise.all([start([third]), start([third]), start([third])]);
  const changes: (() => Promise<unknown>)[] = [
    () =>
      db
        .transaction((tx) => pauseSchedule(tx, input(), { ...pause, until: new Date(Date.now() + 300) }))
        .catch(() => null),
    () => db.transaction((tx) => reschedule(tx, input(), { cron: '*/2 * * * * *' }, third)),
    () => db.transaction((tx) => resumeSchedule(tx, input())),
    () => db.transaction((tx) => reschedule(tx, input(), { timeZone: 'Australia/Lord_Howe' }, third)),
    () => db.transaction((tx) => pauseSchedule(tx, input(), pause)),
    () => db.transaction((tx) => reschedule(tx, input(), 'default', third)),
  ];
  const from = (await load()).schedule.settledThrough.getTime();
  for (let step = 0; (await load()).now.getTime() < from + 6_000; step++) {
    await Promise.all([changes[step % changes.length]?.(), changes[(step + 3) % changes.length]?.()]);
    await Promise.all(started.map((scheduler) => scheduler.refresh()));
    if (step % 20 === 10) await started.shift()?.stop({ timeoutMs: 2000 });
    if (step % 20 === 19) await start([third]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await db.transaction((tx) => resumeSchedule(tx, input()));
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
  await registerSchedules(testActs(db), [hourly], nodeId);
  await age(3 * 3600);
  await start([hourly], undefined, 60_000);
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
    expect(schedule.settledThrough <= now).toBe(true);
    const report = await auditLedger(db, { jobName: 'SampleJob', from: began, to: now, retentionMs: null });
    expect(report).toMatchObject({ missing: [], extra: [], miscounted: [] });
  });

  it('the database’s, three hours forward: they are settled once over all nodes, by the policy', async () => {
    // Hourly, half an hour from now, so that nothing is due by itself meanwhile.
    const minute = (new Date().getUTCMinutes() + 30) % 60;
    const hourly = job({ cron: `${minute} * * * *`, misfirePolicy: 'run_once' });
    await Promise.all([start([hourly], 50), start([hourly], 50), start([hourly], 50)]);
    // The same as a clock that was put forward: the watermark lies three hours back.
    await db.query(`UPDATE auth.job_schedules SET settled_through = settled_through - interval '3 hours'`);
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
    await registerSchedules(testActs(db), [job()], nodeId);
    await db.query(`UPDATE auth.job_schedules SET settled_through = settled_through + interval '1 hour'`);
    const { schedule } = await load();
    const scheduler = await start([job()], 50);
    expect(scheduler.next()[0]?.at.getTime()).toBeGreaterThan(schedule.settledThrough.getTime());
    await scheduler.refresh();
    expect(await ledger()).toEqual([]);
    // A change does not take the watermark back either.
    await db.transaction((tx) => reschedule(tx, input(), { cron: '*/5 * * * * *' }, job()));
    expect((await load()).schedule.settledThrough).toEqual(schedule.settledThrough);
  });
});
