/**
 * The life of a server as operators see it in Seq: a start, work, one fault of each kind, a database that goes away
 * and returns, a stop. Every line must reach Seq and standard output, match the documented searches, and contain no
 * secret.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Simulator, startSimulator } from '../../src/identity/simulator/simulator.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { enqueueOn } from '../support/entries.ts';
import { createProcesses, type LogLine, type ServerProcess, until } from '../support/process.ts';
import { type SeqEvent, type SeqStandIn, startSeq } from '../support/seq.ts';
import { layWire, type Wire } from '../support/wire.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const PASSWORD = 'Mooring-Kettle-4711';
const API_KEY = 'key-of-seq-0815';
const MASTER_KEY = Buffer.alloc(32, 'logs').toString('base64');
/** A provider error that must not reach the log, because it quotes the request. */
const ECHO = `cannot handle {"password":"${PASSWORD}"}`;
const RUN = `mutation ($jobName: String!) { runJobNow(input: { jobName: $jobName, wait: true }) {
  __typename ... on MutationError { message } } }`;

const processes = createProcesses();
let database: TestDatabase;
let simulator: Simulator;
let seq: SeqStandIn;
let wire: Wire;
let node: ServerProcess;
let ids: { transient: string; permanent: string };
let exit: { code: number | null };
let lines: readonly LogLine[];

beforeAll(async () => {
  database = await createTestDatabase();
  simulator = await startSimulator({ db: database.db, logger: silentLogger });
  seq = await startSeq();
  wire = await layWire(database.url);
  node = await processes.startNode({
    DATABASE_URL: wire.url,
    MASTER_KEY,
    IDENTITY_PROVIDER: 'zitadel',
    ZITADEL_URL: simulator.url,
    ZITADEL_TOKEN: simulator.token,
    ZITADEL_ORGANIZATION_ID: simulator.organizationId,
    HEARTBEAT_INTERVAL: '1s',
    LOG_LEVEL: 'trace',
    SEQ_URL: seq.url,
    SEQ_API_KEY: API_KEY,
  });
  await playEverything();
  node.kill('SIGTERM');
  exit = await node.exited;
  lines = node.logs();
});
afterAll(async () => {
  await processes.endAll();
  await wire?.cut();
  await seq?.close();
  await simulator?.close();
  await database?.drop();
});

async function playEverything(): Promise<void> {
  const { familyId, ownerId: createdByUserId } = await seedFamily(database.db);
  const enqueue = (username: string) => enqueueOn(node, { familyId, createdByUserId, username, password: PASSWORD });
  simulator.faults.set([
    { kind: 'error', code: 'unavailable', text: ECHO, username: 'transient', path: 'create', times: 1 },
    { kind: 'error', code: 'invalid_argument', text: ECHO, username: 'permanent', path: 'create' },
  ]);
  await enqueue('good');
  ids = { transient: await enqueue('transient'), permanent: await enqueue('permanent') };
  await until('the attempts', () => node.logs().some(({ msg }) => msg.startsWith(`Job ${ids.permanent} failed`)));
  await until('the retry', () => node.logs().some(({ msg }) => msg.includes(`user for job ${ids.transient}`)));
  await node.graphql(RUN, { jobName: 'ManagedAccountRetryJob' });

  await database.db.query('ALTER TABLE auth.family_member_invitations RENAME TO gone');
  await node.graphql(RUN, { jobName: 'ExpiredInvitationCleanupJob' });
  await database.db.query('ALTER TABLE auth.gone RENAME TO family_member_invitations');
  await database.db.query('ALTER TABLE auth.families RENAME TO gone');
  await ask('{ families { nodes { name } } }', 'of-a-fault');
  await database.db.query('ALTER TABLE auth.gone RENAME TO families');

  await wire.cut();
  for (let index = 0; index < 20; index++) await ask('{ families { nodes { name } } }', `of-the-outage-${index}`);
  await until('the outage', () => node.logs().some(({ msg }) => msg === 'Database connection failed'));
  await wire.mend();
  seq.refuse(({ requestId }) => requestId === 'refused-by-seq');
  await ask('{ __typename }', 'refused-by-seq');
  const scrape = async () => (await fetch(`${node.url}/metrics`)).text();
  await until('the count', async () => /^family_hub_log_lines_dropped_total 1$/m.test(await scrape()));
  await until('the end of the outage', () => node.logs().some(({ msg }) => msg === 'Database connection is back'));
}

const ask = (query: string, requestId: string) =>
  fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': requestId },
    body: JSON.stringify({ query }),
  });

const texts = (events: readonly SeqEvent[]) => events.map((event) => event['@m']);

describe('Seq', () => {
  it('has every line of standard output, in order, the last ones too, as CLEF with the key in a header', () => {
    expect(exit.code).toBe(0);
    expect(seq.complaints).toEqual([]);
    const taken = lines.filter(({ requestId }) => requestId !== 'refused-by-seq');
    expect(taken).toHaveLength(lines.length - 1);
    expect(texts(seq.events)).toEqual(taken.map(({ msg }) => msg));
    expect(seq.search('Seq does not take the log: it refused a line with 400%', 'Warning')).toHaveLength(1);
    expect(texts(seq.events).at(-1)).toBe('Stopped');
    expect(seq.requests.every(({ headers }) => headers['x-seq-apikey'] === API_KEY)).toBe(true);
  });

  it('finds by @Message like "%ManagedAccountRetryJob%" how the job fires and what it does', () => {
    const found = seq.search('%ManagedAccountRetryJob%');
    for (const [text, level, properties] of [
      ['ManagedAccountRetryJob scheduled with trigger: Every 1 minute', 'Debug', { trigger: 'Every 1 minute' }],
      ['Job ManagedAccountRetryJob: 1 triggers', 'Debug', { triggerCount: 1 }],
      ['ManagedAccountRetryJob starting execution', 'Debug', { runId: expect.any(String) }],
      ['ManagedAccountRetryJob completed successfully', 'Debug', { counts: { due: 0 } }],
    ] as const) {
      const event = found.find((one) => one['@m'] === text);
      expect(event, text).toMatchObject({ '@l': level, jobName: 'ManagedAccountRetryJob', ...properties });
    }
    const trigger = found.find((one) => /^Trigger: ManagedAccountRetryJob-trigger, Next Fire: /.test(one['@m']));
    expect(trigger).toMatchObject({ triggerName: 'ManagedAccountRetryJob-trigger' });
    expect(trigger?.['@m']).toBe(`Trigger: ManagedAccountRetryJob-trigger, Next Fire: ${trigger?.nextFire}`);
    expect(new Date(String(trigger?.nextFire)).getUTCSeconds()).toBe(0);
    expect(texts(seq.search('%ExpiredInvitationCleanupJob%'))).toContain(
      'ExpiredInvitationCleanupJob scheduled with trigger: Daily at 3 AM UTC',
    );
    expect(seq.search('Scheduler started', 'Information')).toHaveLength(1);
    expect(seq.search('No pending jobs ready for retry', 'Debug').length).toBeGreaterThan(0);
  });

  it('finds by @Level = "Error" and @Message like "%Job%" what failed for good, and by "%job%" the rest', () => {
    const failed = `Job ${ids.permanent} failed permanently after 1 attempts`;
    expect(texts(seq.search('%Job%', 'Error'))).toEqual([failed]);
    expect(seq.search(failed)[0]).toMatchObject({ jobId: ids.permanent, retryCount: 1, error: expect.any(String) });
    const retried = seq.search('Failed to create Zitadel user for job %, attempt 1: %', 'Warning');
    expect(retried).toHaveLength(1);
    const error = String(retried[0]?.error);
    expect(retried[0]).toMatchObject({
      '@m': `Failed to create Zitadel user for job ${ids.transient}, attempt 1: ${error}`,
      jobId: ids.transient,
      retryCount: 1,
    });
    const job = seq.search('Failed to execute job', 'Error');
    expect(job).toMatchObject([{ jobName: 'ExpiredInvitationCleanupJob', '@x': expect.stringContaining('at ') }]);
  });
});

describe('a fault', () => {
  it('of a request is one line with its id, however it failed', () => {
    const faults = lines.filter(({ requestId, level }) => requestId === 'of-a-fault' && level >= 40);
    expect(faults).toMatchObject([{ level: 50, msg: 'A request failed' }]);
  });

  it('of the database is one line when it begins and one when it is over; debug has the requests’ ids', () => {
    const begun = lines.findIndex(({ msg }) => msg === 'Database connection failed');
    const over = lines.findIndex(({ msg }) => msg === 'Database connection is back');
    const isOfSeq = ({ msg }: LogLine) => msg.startsWith('Seq ');
    const loud = lines.slice(begun, over + 1).filter((line) => line.level >= 30 && !isOfSeq(line));
    expect(loud).toMatchObject([{ level: 50 }, { level: 30, failures: expect.any(Number) }]);
    expect(lines.filter(({ msg }) => msg === 'Database connection failed')).toHaveLength(1);
    for (let index = 0; index < 20; index++) {
      const told = lines.filter(({ requestId, err }) => requestId === `of-the-outage-${index}` && err !== undefined);
      expect(told).toHaveLength(1);
    }
  });
});

it('has what kept a server from starting, without the password of the address', async () => {
  const before = seq.events.length;
  const { code, stdout, stderr } = await processes.runToEnd({
    DATABASE_URL: 'postgresql://app:Pa55-in-an-address@127.0.0.1:1/jobs',
    MASTER_KEY,
    IDENTITY_PROVIDER: 'simulator',
    SEQ_URL: seq.url,
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining('The database cannot be reached')]);
  const told = seq.events.slice(before).map((event) => [event['@l'], event['@m'], event['@x']]);
  expect(told).toEqual([
    ['Fatal', 'The server could not start', expect.stringContaining('The database cannot be reached')],
  ]);
  expect(JSON.stringify(seq.requests) + stdout + stderr).not.toContain('Pa55-in-an-address');
});

describe('no secret is', () => {
  it.each([
    ['the password of an account', PASSWORD],
    ['the key of Seq', API_KEY],
    ['the master key', MASTER_KEY],
    ['the provider’s token', () => simulator.token],
  ])('in any line: %s', (_what, given) => {
    const secret = typeof given === 'string' ? given : given();
    expect(node.stdout() + node.stderr()).not.toContain(secret);
    expect(seq.requests.map(({ body }) => body).join('\n')).not.toContain(secret);
  });
});
