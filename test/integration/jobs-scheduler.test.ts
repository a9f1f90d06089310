/**
 * The scheduler with real timers on a real PostgreSQL: a third job is one more item in the list, and whatever it
 * does, the ledger, the other jobs and the process stay intact.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import type { Job, JobContext } from '../../src/jobs/job.ts';
import { createScheduler, type Scheduler } from '../../src/jobs/scheduler.ts';
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts';
import type { Notice } from '../../src/work/notices.ts';
import { testContext } from '../support/context.ts';
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
  await Promise.all(started.map((scheduler) => scheduler.stop({ timeoutMs: 30_000 })));
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
interface Overrides {
  readonly db?: Database;
  readonly logger?: Logger;
  readonly leaseMs?: number;
  readonly checkEveryMs?: number;
}
const start = async (jobs: readonly Job[], overrides: Overrides = {}) => {
  const sent: (readonly Notice[])[] = [];
  const faults: string[] = [];
  const { leaseMs = 30_000, checkEveryMs, logger = createLines(faults, 'disturbed') } = overrides;
  const own = { db, logger, jobs, nodeId, config: { LEASE_DURATION: leaseMs } };
  const context = testContext({ ...own, ...(overrides.db && { db: overrides.db }) });
  const notices = { ...context.notices, notify: (...some: readonly Notice[]) => void sent.push(some) };
  const scheduler = createScheduler({ ...context, notices }, { ...(checkEveryMs && { checkEveryMs }) });
  await scheduler.start();
  started.push(scheduler);
  const runNow = async (jobName = 'ThirdJob') => {
    const byHand = { jobName, actor: 'ann', reason: null };
    const { answer, finished } = await scheduler.runNow(byHand, (begin) => begin(context.db));
    return { runId: answer.runId, finished };
  };
  return { scheduler, runNow, sent, faults };
};
/** Polls until the result is truthy, for at most ten seconds. */
const until = async <T>(ask: () => Promise<T> | T): Promise<NonNullable<T>> => {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`It did not become so: ${ask}`);
};
/** A job that runs until it is aborted, and then reports the reason. */
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
/** Collects the error messages that contain `words`. */
const createLines = (lines: string[], words = ''): Logger => {
  const logger = silentLogger.child({});
  logger.error = (...parts: unknown[]) => {
    const line = parts.filter((part) => typeof part === 'string').join(' ');
    if (line.includes(words)) lines.push(line);
  };
  return logger;
};

it('a third job, every second, fires through real timers, once per instant on three nodes', async () => {
  let count = 0;
  const third = job(async () => ({ count: ++count }), { cron: '* * * * * *' });
  const nodes = await Promise.all([start([third]), start([third]), start([third])]);
  await until(() => count >= 3);
  await Promise.all(nodes.map(({ scheduler }) => scheduler.stop({ timeoutMs: 30_000 })));

  const fires = await db.query<{ outcome: string }>('SELECT outcome FROM auth.job_fires');
  expect(fires.length).toBe(count);
  expect(new Set(fires.map(({ outcome }) => outcome))).toEqual(new Set(['on_time']));
  expect(await runs()).toHaveLength(count);
  expect(nodes.flatMap(({ faults }) => faults)).toEqual([]);
});

it('says what fires next', async () => {
  const { scheduler } = await start([
    job(async () => ({}), { name: 'Daily' }),
    job(async () => ({}), { name: 'Minutely', cron: '* * * * *' }),
  ]);
  expect(scheduler.next().map(({ jobName }) => jobName)).toEqual(['Minutely', 'Daily']);
  expect(scheduler.next()[1]?.at.toISOString()).toMatch(/T03:00:00.000Z$/);
});

it('settles at its start what was missed, once over all nodes', async () => {
  let count = 0;
  const third = job(async () => ({ count: ++count }));
  const { scheduler } = await start([third]);
  await scheduler.stop({ timeoutMs: 1000 });
  // A time of day six hours ago: one instant within the window, one outside it.
  await db.query(
    `UPDATE auth.job_schedules SET resolved_through = now() - interval '2 days',
            cron = to_char(now() AT TIME ZONE 'UTC' - interval '6 hours', 'MI HH24') || ' * * *', is_overridden = true`,
  );
  await Promise.all([start([third]), start([third])]);
  await until(async () => (await runs()).some(({ status }) => status === 'succeeded'));
  expect(await runs()).toMatchObject([{ trigger: 'catch_up', status: 'succeeded' }]);
  expect(count).toBe(1);
  expect(await db.query('SELECT outcome FROM auth.job_fires ORDER BY fired_at')).toEqual([
    { outcome: 'missed' },
    { outcome: 'caught_up' },
  ]);
});

describe('by hand', () => {
  it('runs now, reports counts while running, and tells of every change', async () => {
    let end = (): void => undefined;
    const { scheduler, runNow, sent } = await start([
      job(({ report }) => {
        report({ deleted: 7 });
        return new Promise((resolve) => {
          end = () => resolve({ deleted: 9 });
        });
      }),
    ]);
    const { runId, finished } = await runNow();
    expect(scheduler.runsInHand()).toBe(1);
    await until(async () => (await runs())[0]?.status === 'running' && sent.length >= 2);
    expect(await runs()).toMatchObject([{ trigger: 'manual', status: 'running', counts: { deleted: 7 } }]);
    await expect(runNow()).rejects.toMatchObject({ code: 'JOB_ALREADY_RUNNING', runId });
    end();
    await finished;
    expect(await runs()).toMatchObject([{ status: 'succeeded', counts: { deleted: 9 } }]);
    // Subscribers are notified of each change, the event publisher only of the end.
    expect(sent.length).toBeGreaterThanOrEqual(3);
    expect(sent.at(-1)).toEqual(['changes', 'outbox']);
    expect(new Set(sent.slice(0, -1).flat())).toEqual(new Set(['changes']));
    expect(scheduler.runsInHand()).toBe(0);
  });

  it('writes what the caller records in the same transaction, or neither', async () => {
    const { scheduler, runNow } = await start([job(async () => ({}))]);
    const byHand = { jobName: 'ThirdJob', actor: 'ann', reason: null };
    const refused = scheduler.runNow(byHand, (begin) =>
      db.transaction(async (tx) => {
        await begin(tx);
        throw new Error('The key is taken.');
      }),
    );
    await expect(refused).rejects.toThrow('The key is taken.');
    expect(await runs()).toEqual([]);
    await expect(runNow('NoJob')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('a job that throws, synchronously or not, is a failed run and nothing more', async () => {
  let isThrown = false;
  const { runNow, faults } = await start([
    job(() => {
      isThrown = true;
      throw new Error('Thrown at once.');
    }),
    job(() => Promise.reject(new Error('Thrown later.')), { name: 'OtherJob' }),
  ]);
  await (await runNow()).finished;
  await (await runNow('OtherJob')).finished;
  expect(isThrown).toBe(true);
  expect(await runs()).toMatchObject([
    { status: 'failed', errorMessage: 'Thrown at once.' },
    { status: 'failed', errorMessage: 'Thrown later.' },
  ]);
  expect(faults).toEqual([]);
});

describe('stopping', () => {
  it('lets the runs end by themselves', async () => {
    let end = (): void => undefined;
    const run: Job['run'] = ({ signal }) =>
      new Promise((resolve) => {
        end = () => resolve({ asked: Number(signal.aborted) });
      });
    const { scheduler, runNow } = await start([job(run)]);
    await runNow();
    const stopped = scheduler.stop({ timeoutMs: 5000 });
    end();
    await stopped;
    expect(await runs()).toMatchObject([{ status: 'succeeded', counts: { asked: 0 } }]);
  });

  it('asks a run to end at once that would wait in vain', async () => {
    const { scheduler, runNow } = await start([job(untilAborted(), { endsWhenStopping: true })]);
    await runNow();
    const begun = performance.now();
    await scheduler.stop({ timeoutMs: 60_000 });
    expect(performance.now() - begun).toBeLessThan(30_000);
    expect(await runs()).toMatchObject([{ status: 'interrupted', errorMessage: 'The server was stopped.' }]);
  });

  it('asks the runs to end when most of its time is over, waits for them, and begins no more', async () => {
    const reasons: string[] = [];
    const { scheduler, runNow } = await start([job(untilAborted((reason) => reasons.push(reason)))]);
    await runNow();
    const begun = performance.now();
    await scheduler.stop({ timeoutMs: 800 });
    expect(performance.now() - begun).toBeGreaterThan(590);
    expect(reasons).toEqual(['The server was stopped.']);
    expect(await runs()).toMatchObject([{ status: 'interrupted', errorMessage: 'The server was stopped.' }]);
    await expect(runNow()).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect(scheduler.next()).toEqual([]);
  });

  it('closes a run that does not end in time', async () => {
    const { scheduler, runNow } = await start([job(() => new Promise(() => undefined))]);
    await runNow();
    await scheduler.stop({ timeoutMs: 50 });
    expect(await runs()).toMatchObject([
      { status: 'interrupted', errorMessage: expect.stringContaining('did not end in time') },
    ]);
  });
});

describe('leases', () => {
  it.each([
    ['at its next report', 30_000],
    ['at its next renewal', 300],
  ])('a run whose lease was lost is asked to end %s, and writes nothing', async (_, leaseMs) => {
    const reasons: string[] = [];
    let report: JobContext['report'] = () => undefined;
    const run: Job['run'] = (context) => {
      report = context.report;
      return untilAborted((reason) => reasons.push(reason))(context);
    };
    const { runNow } = await start([job(run)], { leaseMs });
    const { finished } = await runNow();
    await db.query(
      `UPDATE auth.job_runs SET status = 'interrupted', finished_at = now(), error_message = 'Taken over.'`,
    );
    if (leaseMs > 1000) report({ seen: 1 });
    await finished;
    expect(reasons).toEqual(['The lease of this run was lost.']);
    expect(await runs()).toMatchObject([{ status: 'interrupted', errorMessage: 'Taken over.', counts: {} }]);
  });

  it('a run that cannot renew its lease for as long as it lasts is asked to end', async () => {
    const reasons: string[] = [];
    let isAway = false;
    const hanging: Database = {
      ...db,
      query: (sql, values) =>
        isAway && sql.includes('SET lease_expires_at') ? new Promise(() => undefined) : db.query(sql, values),
    };
    const run = untilAborted((reason) => reasons.push(reason));
    const { runNow } = await start([job(run)], { leaseMs: 300, db: hanging });
    isAway = true;
    await (await runNow()).finished;
    expect(reasons).toEqual(['The lease of this run was lost.']);
  });

  it('a run whose claim was answered only when its lease was over does not begin', async () => {
    let wasCalled = false;
    let isLate = false;
    const slow: Database = {
      ...db,
      async query<Row>(sql: string, values?: readonly unknown[]) {
        const rows = await db.query<Row>(sql, values);
        if (isLate && sql.includes('INSERT INTO auth.job_runs'))
          await until(
            async () => (await db.query('SELECT 1 FROM auth.job_runs WHERE lease_expires_at < now()')).length > 0,
          );
        return rows;
      },
    };
    const run: Job['run'] = async () => {
      wasCalled = true;
      return {};
    };
    // No check for crashed runs happens meanwhile.
    const { runNow } = await start([job(run)], { leaseMs: 300, checkEveryMs: 600_000, db: slow });
    isLate = true;
    await (await runNow()).finished;
    expect(wasCalled).toBe(false);
    expect(await runs()).toMatchObject([{ status: 'interrupted', errorMessage: expect.stringContaining('too late') }]);
  });

  it('a run that outlives its lease many times keeps it', async () => {
    let renewals = 0;
    const counting: Database = {
      ...db,
      query: (sql, values) => {
        if (sql.includes('SET lease_expires_at')) renewals++;
        return db.query(sql, values);
      },
    };
    const { runNow } = await start([job(() => until(() => renewals >= 6).then(() => ({ renewals })))], {
      leaseMs: 300,
      checkEveryMs: 50,
      db: counting,
    });
    await (await runNow()).finished;
    expect(await runs()).toMatchObject([{ status: 'succeeded' }]);
  });

  it("a crashed node's run is closed and its fire run once more", async () => {
    let count = 0;
    // Crashed runs are checked for once per lease duration.
    await start([job(async () => ({ count: ++count }))], { leaseMs: 300 });
    await db.query(
      `WITH fire AS (
         INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version, started_at)
         VALUES ('ThirdJob', now() - interval '1 hour', now() - interval '1 hour', 'on_time', 1, now() - interval '1 hour')
         RETURNING id, fired_at
       )
       INSERT INTO auth.job_runs (job_name, trigger, scheduled_for, fire_id, started_at, lease_token, lease_expires_at)
       SELECT 'ThirdJob', 'schedule', fired_at, id, fired_at, gen_random_uuid(), now() - interval '1 second' FROM fire`,
    );
    await until(async () => (await runs()).some(({ status }) => status === 'succeeded'));
    expect(await runs()).toMatchObject([
      { trigger: 'schedule', status: 'interrupted', errorMessage: expect.stringContaining('renewing its lease') },
      { trigger: 'catch_up', status: 'succeeded' },
    ]);
    expect(count).toBe(1);
  });
});

it('a change of the row reaches the timers with refresh; a pause lifts itself', async () => {
  let count = 0;
  const { scheduler } = await start([job(async () => ({ count: ++count }))]);
  await db.query(
    `UPDATE auth.job_schedules
        SET cron = '* * * * * *', version = version + 1, is_overridden = true, resolved_through = now(),
            paused_at = now(), paused_until = now() + interval '1500 ms', paused_by = 'ann', pause_reason = 'A moment.'`,
  );
  await scheduler.refresh();
  await until(() => count >= 1);
  const fires = await db.query<{ outcome: string; actor: string | null; reason: string | null }>(
    'SELECT outcome, actor, reason FROM auth.job_fires ORDER BY fired_at LIMIT 2',
  );
  expect(fires).toEqual([
    { outcome: 'skipped_paused', actor: 'ann', reason: 'A moment.' },
    { outcome: 'on_time', actor: null, reason: null },
  ]);
});

it('costs two statements a check when idle, and two for a fire that runs', async () => {
  const statements: string[] = [];
  const counting: Database = {
    ...db,
    query: (sql, values) => {
      statements.push(sql);
      return db.query(sql, values);
    },
  };
  let count = 0;
  const jobs = Array.from({ length: 20 }, (_, index) => job(async () => ({}), { name: `Job${index}` }));
  const { scheduler } = await start(jobs, { db: counting, checkEveryMs: 100 });
  statements.length = 0;
  await until(() => statements.length >= 4);
  expect(new Set(statements.slice(0, 4)).size).toBe(2);
  await scheduler.stop({ timeoutMs: 1000 });

  const every = await start([job(async () => ({ count: ++count }), { cron: '* * * * * *' })], { db: counting });
  statements.length = 0;
  await until(() => count >= 2);
  await every.scheduler.stop({ timeoutMs: 2000 });
  const using = (words: string) => statements.filter((sql) => sql.includes(words)).length;
  expect(using('SET resolved_through')).toBe(count);
  expect(using('SET status = $3')).toBe(count);
  expect(statements).toHaveLength(2 * count);
});

it('a schedule that was made unreadable by hand does not take the others along', async () => {
  const lines: string[] = [];
  const logger = createLines(lines);
  const { scheduler } = await start([job(async () => ({})), job(async () => ({}), { name: 'OtherJob' })], { logger });
  await db.query(`UPDATE auth.job_schedules SET cron = '0 0 30 2 *', version = 2 WHERE name = 'OtherJob'`);
  await scheduler.refresh();
  await scheduler.refresh();
  expect(scheduler.next().map(({ jobName }) => jobName)).toEqual(['ThirdJob']);
  expect(lines.filter((line) => line.includes('never fires'))).toHaveLength(1);
});

it('gets over a database that fails for a while, and says so once', async () => {
  let isAway = false;
  let failures = 0;
  let count = 0;
  const lines: string[] = [];
  const unsteady: Database = {
    ...db,
    query(sql, values) {
      if (!isAway) return db.query(sql, values);
      failures++;
      return Promise.reject(new Error('The database is away.'));
    },
  };
  const third = job(async () => ({ count: ++count }), { cron: '* * * * * *' });
  await start([third], { db: unsteady, logger: createLines(lines) });
  isAway = true;
  await until(() => failures >= 2);
  isAway = false;
  const before = count;
  await until(() => count > before);
  expect(lines.filter((line) => line.includes('disturbed'))).toHaveLength(1);
  const fires = await db.query<{ outcome: string }>('SELECT outcome FROM auth.job_fires');
  expect(fires.filter(({ outcome }) => outcome === 'on_time').length).toBeGreaterThanOrEqual(1);
});
