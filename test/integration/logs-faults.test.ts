/**
 * What a node logs without requests: nothing above debug while nothing happens, and one line for each fault, with
 * the request's id where a request met it.
 */
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpServer } from '../../src/http/server.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

const LIMITS = {
  ALLOWED_HOSTS: [],
  PUBLIC_URL: undefined,
  maxConnections: 5,
  headersTimeoutMs: 5_000,
  bodyTimeoutMs: 5_000,
  slowReaderTimeoutMs: 5_000,
  maxUnsentBytes: 1_000_000,
};

let database: TestDatabase;
let node: TestApp;
/** The number of log lines when the node had started. */
let started: number;

beforeAll(async () => {
  database = await createTestDatabase();
  // The job runs every second instead of every minute, so that several runs happen in a test.
  await database.db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through, is_overridden)
     VALUES ('ManagedAccountRetryJob', '* * * * * *', 'UTC', 'run_once', date_trunc('milliseconds', now()), true)`,
  );
  node = await startTestApp({ url: database.url, logLevel: 'debug', config: { HEARTBEAT_INTERVAL: 500 } });
  started = node.logLines.length;
});
afterAll(async () => {
  await node?.close();
  await database?.drop();
});

const since = (from: number, level: number) => node.logLines.slice(from).filter((line) => Number(line.level) >= level);
const saying = (text: string) => node.logLines.filter((line) => line.msg === text);

describe('a node with nothing to do', () => {
  it('says what it will do, and then nothing but at debug', async () => {
    expect(saying('ManagedAccountRetryJob scheduled with trigger: Every 1 second')).toMatchObject([{ level: 20 }]);
    const begun = saying('ManagedAccountRetryJob starting execution').length;
    await until('some minutes', () => saying('ManagedAccountRetryJob completed successfully').length >= begun + 3);
    expect(saying('No pending jobs ready for retry')).toContainEqual(expect.objectContaining({ level: 20 }));
    expect(since(started, 30)).toEqual([]);
  });

  it('says anew how a job fires when that has changed, and that it is paused', async () => {
    await node.graphql(
      `mutation { pauseJob(input: { jobName: "ManagedAccountRetryJob", reason: "a test" }) { __typename } }`,
    );
    const paused = 'ManagedAccountRetryJob scheduled with trigger: Every 1 second (paused)';
    await until('the pause', () => saying(paused).length > 0);
    expect(saying(paused)).toMatchObject([{ level: 30, jobName: 'ManagedAccountRetryJob', isPaused: true }]);
  });
});

describe('a fault', () => {
  it('of a worker is told once, however often it is tried again', async () => {
    const before = node.logLines.length;
    await database.db.query('ALTER TABLE auth.queue_pauses RENAME TO gone');
    const tries = () => node.logLines.slice(before).filter(({ msg }) => String(msg).startsWith('Claiming due entries'));
    node.app.worker.reconsider();
    await until('the second try', () => tries().length >= 2);
    await database.db.query('ALTER TABLE auth.gone RENAME TO queue_pauses');
    const loud = tries().filter(({ level }) => Number(level) >= 30);
    expect(loud).toMatchObject([{ level: 40, err: { message: expect.stringContaining('queue_pauses') } }]);
  });

  it('of an HTTP request is one line with its id', async () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino({}, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
    const routes = {
      '/broken': () => {
        throw new Error('broken on purpose');
      },
    };
    const http = createHttpServer({ routes, logger, metrics: node.metrics.http, config: LIMITS });
    const { port } = await http.listen('127.0.0.1', 0);
    const answer = await fetch(`http://127.0.0.1:${port}/broken`);
    await http.close(1_000);
    const requestId = answer.headers.get('x-request-id');
    expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining(String(requestId))]);
    expect(lines).toMatchObject([{ level: 50, requestId, err: { message: 'broken on purpose' } }]);
  });
});
