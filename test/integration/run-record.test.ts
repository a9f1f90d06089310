/**
 * The logs of runs, stored by the scheduler in a real database: lines in order, from start to end, however a run
 * ends; and its progress. Neither may slow down or fail a run.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import type { Job, JobContext } from '../../src/jobs/job.ts';
import { closeCrashedRuns } from '../../src/jobs/runs/runs.ts';
import { createScheduler, type Scheduler } from '../../src/jobs/scheduler.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
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
  await Promise.all(started.map((scheduler) => scheduler.stop({ timeoutMs: 2000 })));
  started = [];
});

interface Overrides {
  readonly db?: Database;
  readonly config?: Partial<Config>;
}
const start = async (run: Job['run'], overrides: Overrides = {}, cron = '0 3 * * *') => {
  const sent: (readonly Notice[])[] = [];
  const faults: string[] = [];
  const job: Job = { name: 'Job', description: 'For tests.', cron, timeZone: 'UTC', misfirePolicy: 'skip', run };
  const logger = silentLogger.child({});
  logger.error = (...parts: unknown[]) => {
    if (String(parts.at(-1)).includes('disturbed')) faults.push(String(parts.at(-1)));
  };
  const context = testContext({ db, logger, jobs: [job], nodeId, ...overrides });
  const notices = { ...context.notices, notify: (...some: readonly Notice[]) => void sent.push(some) };
  const scheduler = createScheduler({ ...context, notices });
  await scheduler.start();
  started.push(scheduler);
  const byHand = { jobName: 'Job', actor: 'ann', reason: null };
  const runNow = () => scheduler.runNow(byHand, (begin) => begin(context.db));
  return { scheduler, sent, faults, runNow };
};
interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: unknown;
  readonly at: Date;
}
const lines = () =>
  db.query<Line>('SELECT level, message, fields, at FROM auth.job_run_log_lines ORDER BY run_id, sequence');
const messages = async () => (await lines()).map(({ level, message }) => `${level}: ${message}`);
const progress = async () => {
  const [run] = await db.query(
    `SELECT progress_done_count AS done, progress_total_count AS total, progress_label AS label,
            progress_at IS NOT NULL AS "isTold" FROM auth.job_runs`,
  );
  return run;
};
const changesOfRuns = async () => {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM auth.changes WHERE topic = 'run'`,
  );
  return row?.count ?? 0;
};

describe('a run by hand', () => {
  it('tells who began it, what the job said, and how it ended', async () => {
    const { runNow, faults, sent } = await start(async ({ log }) => {
      log.debug('Not for the record.');
      log.info('Two are due.', { due: 2 });
      log.warn('One is odd.');
      log.error('One broke.', { entryId: 'x' });
      return { due: 2 };
    });
    await (await runNow()).finished;
    const all = await lines();
    expect(all.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ['info', 'Started by hand by ann.', null],
      ['info', 'Two are due.', { due: 2 }],
      ['warn', 'One is odd.', null],
      ['error', 'One broke.', { entryId: 'x' }],
      ['info', 'Succeeded.', { counts: { due: 2 } }],
    ]);
    const times = all.map(({ at }) => at.getTime());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(faults).toEqual([]);
    // Written before the run is closed: a subscriber notified of the end finds all lines.
    expect(sent).toEqual([['changes'], ['changes'], ['changes', 'outbox']]);
  });

  it('is told of while it goes on, once a second', async () => {
    let context: JobContext | undefined;
    let end = (): void => undefined;
    const { runNow } = await start((given) => {
      context = given;
      return new Promise((resolve) => {
        end = () => resolve({});
      });
    });
    const { finished } = await runNow();
    await expect.poll(messages, { interval: 20, timeout: 30_000 }).toEqual(['info: Started by hand by ann.']);
    const before = await changesOfRuns();
    for (let line = 1; line <= 20; line++) context?.log.info(`Line ${line}.`);
    await expect.poll(async () => (await messages()).length, { interval: 20, timeout: 30_000 }).toBe(21);
    // Written in one statement and published as one change.
    expect((await changesOfRuns()) - before).toBe(1);
    end();
    await finished;
    expect((await messages()).slice(1, 21)).toEqual(Array.from({ length: 20 }, (_, line) => `info: Line ${line + 1}.`));
  });

  it('keeps 500 lines, of which the last says how many more there were', async () => {
    const { runNow } = await start(async ({ log }) => {
      for (let line = 1; line <= 1_700; line++) log.info(`Line ${line}.`);
      return {};
    });
    await (await runNow()).finished;
    const all = await messages();
    expect(all.length).toBeLessThanOrEqual(500);
    expect(all.slice(-3)).toEqual([
      'info: Line 490.',
      expect.stringContaining('Succeeded'),
      'warn: 1,210 more lines were not kept; the server’s log has them.',
    ]);
  });

  it('tells of a failure, of being asked to end, and of a lost lease', async () => {
    const failing = await start(() => Promise.reject(new Error('It broke: token=abcdefgh12345678')));
    await (await failing.runNow()).finished;
    expect((await lines()).at(-1)).toMatchObject({
      level: 'error',
      message: 'Failed: It broke: token=[redacted]',
    });
    await failing.scheduler.stop({ timeoutMs: 1_000 });
    await db.query('DELETE FROM auth.job_runs');

    const untilAborted: Job['run'] = ({ signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({})));
    const stopping = await start(untilAborted);
    await stopping.runNow();
    await stopping.scheduler.stop({ timeoutMs: 200 });
    expect((await messages()).slice(1)).toEqual([
      'warn: It is asked to stop. The server was stopped.',
      'warn: Ended early. The server was stopped.',
    ]);
    await db.query('DELETE FROM auth.job_runs');

    const losing = await start(untilAborted, { config: { LEASE_DURATION: 300 } });
    const { finished } = await losing.runNow();
    await db.query(
      `UPDATE auth.job_runs SET lease_token = gen_random_uuid(), lease_expires_at = now() + interval '1 day'`,
    );
    await finished;
    expect(await messages()).toContain('warn: It is asked to stop. The lease of this run was lost.');
    await db.query(`UPDATE auth.job_runs SET lease_expires_at = now() - interval '1 second'`);
    await closeCrashedRuns(db);
    expect((await messages()).at(-1)).toContain('error: The node that ran it stopped renewing its lease');
  });

  it('says nothing more once it was given up', async () => {
    let context: JobContext | undefined;
    const { runNow, scheduler } = await start((given) => {
      context = given;
      return new Promise(() => undefined);
    });
    await runNow();
    await scheduler.stop({ timeoutMs: 50 });
    const before = await messages();
    expect(before.at(-1)).toContain('did not end in time');
    context?.log.info('Still here.');
    context?.progress({ done: 1, total: 1, label: 'Going on' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(await messages()).toEqual(before);
  });
});

describe('a run by its schedule', () => {
  it('that has nothing to say writes nothing', async () => {
    let count = 0;
    await start(async () => ({ count: ++count }), {}, '* * * * * *');
    await expect.poll(() => count, { interval: 10, timeout: 30_000 }).toBeGreaterThanOrEqual(2);
    expect(await lines()).toEqual([]);
    expect(await progress()).toMatchObject({ isTold: false });
  });

  it('that says something has its beginning and end as well', async () => {
    let count = 0;
    const { scheduler } = await start(
      async ({ log }) => {
        if (++count === 1) log.info('One was due.');
        return {};
      },
      {},
      '* * * * * *',
    );
    await expect.poll(() => count, { interval: 10, timeout: 30_000 }).toBeGreaterThanOrEqual(1);
    await scheduler.stop({ timeoutMs: 2_000 });
    expect(await messages()).toEqual([
      expect.stringMatching(/^info: Started by its schedule: due at \S+\.000Z\.$/),
      'info: One was due.',
      expect.stringContaining('Succeeded'),
    ]);
  });
});

describe('a line does not cost a run anything', () => {
  it('when the database refuses it, hangs, or is away', async () => {
    for (const answer of [
      () => Promise.reject(new Error('Refused.')),
      () => new Promise<never>(() => undefined),
      () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })),
    ]) {
      const odd: Database = {
        ...db,
        query: (sql, values) =>
          sql.includes('job_run_log_lines') && sql.includes('jsonb_to') ? answer() : db.query(sql, values),
      };
      const { runNow, faults, scheduler } = await start(
        async ({ log }) => {
          log.info('Said.');
          return { done: 1 };
        },
        { db: odd },
      );
      await (await runNow()).finished;
      expect(await db.query('SELECT status, counts FROM auth.job_runs')).toEqual([
        { status: 'succeeded', counts: { done: 1 } },
      ]);
      expect(faults).toEqual([]);
      await scheduler.stop({ timeoutMs: 500 });
      await db.query('DELETE FROM auth.job_runs');
    }
  }, 30_000);

  it('whatever it holds', async () => {
    const { runNow } = await start(async ({ log }) => {
      log.info('A zero \0, half a \ud83d, and all: 👍');
      log.info('Fields.', { name: 'a\0b', half: '\udc00' });
      const round: Record<string, unknown> = {};
      round.round = round;
      log.info('Round.', round as never);
      return {};
    });
    await (await runNow()).finished;
    const all = await lines();
    expect(all.map(({ message }) => message).slice(1, 3)).toEqual([
      'A zero \ufffd, half a \ufffd, and all: 👍',
      'Fields.',
    ]);
    expect(all[2]?.fields).toEqual({ name: 'a\ufffdb', half: '\ufffd' });
    expect(all.at(-1)?.message).toContain('Succeeded');
  });

  it('with secrets of the configuration in it: they are hidden', async () => {
    const { runNow } = await start(
      async ({ log }) => {
        log.info('The word is open-sesame.', { word: 'open-sesame', password: 'x' });
        return {};
      },
      { config: { ADMIN_TOKEN: 'open-sesame' } },
    );
    await (await runNow()).finished;
    expect((await lines())[1]).toMatchObject({
      message: 'The word is [redacted].',
      fields: { word: '[redacted]', password: '[redacted]' },
    });
  });
});

describe('progress', () => {
  it('is written once a second at most, told as a change, and kept as it was at the end', async () => {
    let context: JobContext | undefined;
    let end = (): void => undefined;
    const told: unknown[] = [];
    const watched: Database = {
      ...db,
      query(sql, values = []) {
        if (sql.includes('SET lease_expires_at') && values[4] !== null) told.push(values[4]);
        return db.query(sql, values);
      },
    };
    const { runNow, sent } = await start(
      (given) => {
        context = given;
        return new Promise((resolve) => {
          end = () => resolve({ done: 7 });
        });
      },
      { db: watched },
    );
    const { finished } = await runNow();
    expect(await progress()).toEqual({ done: null, total: null, label: null, isTold: false });
    for (let done = 0; done <= 3; done++) context?.progress({ done, total: 7, label: 'Deleting' });
    await expect
      .poll(progress, { interval: 20, timeout: 30_000 })
      .toMatchObject({ done: 3, total: 7, label: 'Deleting' });
    expect(told).toEqual([3]);
    await expect.poll(() => sent.length).toBeGreaterThanOrEqual(2);
    expect(new Set(sent.flat())).toEqual(new Set(['changes']));
    context?.progress({ done: 7, total: null, label: 'Deleting more' });
    end();
    await finished;
    expect(await progress()).toEqual({ done: 7, total: null, label: 'Deleting more', isTold: true });
  });

  it('stays when counts are reported after it', async () => {
    const counts = async () => (await db.query<{ counts: object }>('SELECT counts FROM auth.job_runs'))[0]?.counts;
    const { runNow } = await start(async (context) => {
      context.progress({ done: 1, total: 2, label: 'Deleting' });
      await expect.poll(progress, { interval: 20, timeout: 30_000 }).toMatchObject({ done: 1 });
      context.report({ deleted: 1 });
      await expect.poll(counts, { interval: 20, timeout: 30_000 }).toEqual({ deleted: 1 });
      return { deleted: 2 };
    });
    await (await runNow()).finished;
    expect(await progress()).toMatchObject({ done: 1, total: 2, label: 'Deleting' });
  });
});
