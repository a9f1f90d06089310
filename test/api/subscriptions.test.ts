/**
 * Live updates as a frontend gets them: the `graphql-sse` client, one connection per subscription, with two nodes
 * on one database. Changes by one node or by SQL are published by the other; a stream that ends, on either side,
 * leaves nothing behind on the server.
 */
import { type Client, createClient } from 'graphql-sse';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

interface EntryChange {
  queuedCreationChanged: {
    kind: string;
    at: string;
    entryId: string;
    queuedCreation: { username: string; status: string } | null;
  };
}
interface RunChange {
  jobRunChanged: { kind: string; runId: string; jobRun: { status: string; job: { name: string } } | null };
}

const ENTRIES = `subscription ($filter: QueuedCreationFilter) {
  queuedCreationChanged(filter: $filter) { kind at entryId queuedCreation { username status } }
}`;
const RUNS =
  'subscription ($jobName: String) { jobRunChanged(jobName: $jobName) { kind runId jobRun { status job { name } } } }';
const ENQUEUE = `mutation ($input: EnqueueAccountInput!) {
  enqueueAccount(input: $input) { ... on EnqueueAccountPayload { entry { entryId } } ... on MutationError { code message } }
}`;

const quietJob = (name: string): Job => ({
  name,
  description: 'Does nothing, for the test.',
  cron: '0 0 1 1 *',
  timeZone: 'UTC',
  misfirePolicy: 'skip',
  run: async () => ({ done: 1 }),
});

let database: TestDatabase;
let first: TestApp;
let second: TestApp;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  const moreJobs = [quietJob('WatchedJob'), quietJob('OtherJob')];
  first = await startTestApp({ url: database.url, nodeName: 'first', moreJobs });
  second = await startTestApp({ url: database.url, nodeName: 'second', moreJobs });
});
afterAll(async () => {
  await Promise.all([first?.close(), second?.close()]);
  await database?.drop();
});

describe('queuedCreationChanged', () => {
  test('tells a new entry and its completion', async () => {
    const stream = await open<EntryChange>(first, ENTRIES);
    const entryId = await enqueue(first, 'told_at_home');
    const last = await stream.until(
      ({ queuedCreationChanged: change }) =>
        change.entryId === entryId && change.queuedCreation?.status === 'COMPLETED',
    );
    expect(last.queuedCreationChanged.queuedCreation?.username).toBe('told_at_home');
    const kinds = stream.seen.flatMap(({ queuedCreationChanged: { entryId: id, kind } }) =>
      id === entryId ? [kind] : [],
    );
    expect(kinds[0]).toBe('CREATED');
    expect(kinds.slice(1).every((kind) => kind === 'UPDATED')).toBe(true);
    await stream.close();
  });

  test('tells what another node did', async () => {
    const stream = await open<EntryChange>(first, ENTRIES);
    const entryId = await enqueue(second, 'told_from_afar');
    await stream.until(({ queuedCreationChanged: change }) => change.entryId === entryId);
    await stream.close();
  });

  test('tells rows that are inserted with plain SQL', async () => {
    const stream = await open<EntryChange>(second, ENTRIES);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO auth.queued_managed_account_creations
         (id, family_id, username, full_name, role, encrypted_password, created_by_user_id, retry_count, status,
          next_retry_at, created_at, updated_at)
       VALUES (gen_random_uuid(), $1, 'by_hand', 'By Hand', 'managed_account', 'not sealed', $2, 0, 'pending', NOW(), NOW(), NOW())
       RETURNING id`,
      [family.familyId, family.ownerId],
    );
    await client.end();
    const change = await stream.until(
      ({ queuedCreationChanged: { entryId, queuedCreation } }) =>
        entryId === rows[0]?.id && queuedCreation?.status === 'FAILED',
    );
    expect(change.queuedCreationChanged.queuedCreation?.username).toBe('by_hand');
    await stream.close();
  });

  test('tells only what its filter lets through', async () => {
    const filter = { username: { startsWith: 'wanted_' }, status: ['COMPLETED'] };
    const stream = await open<EntryChange>(first, ENTRIES, { filter });
    await enqueue(second, 'unwanted_1');
    await enqueue(first, 'wanted_1');
    await enqueue(second, 'wanted_2');
    await stream.until(() => new Set(stream.seen.map((one) => one.queuedCreationChanged.entryId)).size === 2);
    const usernames = stream.seen.map((one) => one.queuedCreationChanged.queuedCreation?.username);
    expect([...new Set(usernames)].sort()).toEqual(['wanted_1', 'wanted_2']);
    await stream.close();
  });

  test('refuses a filter that means nothing, with a code', async () => {
    const answer = await first.graphql(ENTRIES, { filter: { status: ['NEVER'] } }, { accept: 'application/json' });
    expect(answer.body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('jobRunChanged', () => {
  test('tells runs of all jobs, on whichever node, from their start to their end', async () => {
    const stream = await open<RunChange>(first, RUNS);
    const runId = await runNow(second, 'OtherJob');
    const end = await stream.until(
      ({ jobRunChanged: change }) => change.runId === runId && change.jobRun?.status === 'SUCCEEDED',
    );
    expect(end.jobRunChanged.jobRun?.job.name).toBe('OtherJob');
    expect(stream.seen.find(({ jobRunChanged }) => jobRunChanged.runId === runId)?.jobRunChanged.kind).toBe('CREATED');
    await stream.close();
  });

  test('tells runs of one job', async () => {
    const stream = await open<RunChange>(first, RUNS, { jobName: 'WatchedJob' });
    await runNow(first, 'OtherJob');
    const runId = await runNow(second, 'WatchedJob');
    await stream.until(({ jobRunChanged }) => jobRunChanged.runId === runId);
    expect(stream.seen.every(({ jobRunChanged: { jobRun } }) => jobRun?.job.name === 'WatchedJob')).toBe(true);
    await stream.close();
  });
});

test.each([
  ['jobRunChanged', 'subscription { jobRunChanged(jobName: "NoSuchJob") { runId } }'],
  ['scheduleChanged', 'subscription { scheduleChanged(jobName: "NoSuchJob") { jobName } }'],
  ['jobRuns', '{ jobRuns(filter: { jobName: "NoSuchJob" }) { nodes { runId } } }'],
])('%s of a job that nobody knows is refused, naming the jobs', async (_name, query) => {
  const { body } = await first.graphql(query, {}, { accept: 'application/json' });
  expect(body.errors).toMatchObject([
    {
      message: expect.stringMatching(
        /^There is no job named "NoSuchJob"\. The jobs are ExpiredInvitationCleanupJob, .*WatchedJob\.$/,
      ),
      extensions: { code: 'BAD_USER_INPUT' },
    },
  ]);
  const { body: known } = await first.graphql('{ jobRuns(filter: { jobName: "RetentionJob" }) { nodes { runId } } }');
  expect(known.errors).toBeUndefined();
});

describe('the end of a stream', () => {
  test.each([
    ['queuedCreationChanged', ENTRIES, {}],
    ['queuedCreationChanged with a filter', ENTRIES, { filter: { status: ['FAILED'] } }],
    ['jobRunChanged', RUNS, {}],
    ['jobRunChanged of one job', RUNS, { jobName: 'WatchedJob' }],
  ])('%s: a client that leaves without a word leaves no listener', async (_name, query, variables) => {
    const listeners = first.app.services.feed.listenerCount;
    const streams = [await open(first, query, variables), await open(first, query, variables)];
    await vi.waitFor(() => expect(listeners()).toBe(2), { timeout: 30_000, interval: 20 });
    for (const stream of streams) await stream.close();
    await vi.waitFor(() => expect(listeners()).toBe(0), { timeout: 30_000, interval: 20 });
  });

  test('a node that stops ends its streams, and is not kept from stopping by them', async () => {
    const third = await startTestApp({ url: database.url, nodeName: 'third', config: { SHUTDOWN_TIMEOUT: 15_000 } });
    const streams = [await open(third, ENTRIES), await open(third, RUNS, { jobName: 'WatchedJob' })];
    const begun = performance.now();
    await third.close();
    await Promise.all(streams.map((stream) => stream.ended));
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(third.app.services.feed.listenerCount()).toBe(0);
  });
});

interface Stream<Data> {
  /** Everything received so far. */
  readonly seen: readonly Data[];
  /** Resolves when the stream ends, for whatever reason. */
  readonly ended: Promise<void>;
  /** The first event that matches, including earlier ones. */
  until(fits: (data: Data) => boolean): Promise<Data>;
  close(): Promise<void>;
}

/** Subscribes, and resolves once the server has started to respond: from then on no event is missed. */
async function open<Data>(app: TestApp, query: string, variables: Record<string, unknown> = {}): Promise<Stream<Data>> {
  const seen: Data[] = [];
  let client: Client | undefined;
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let problem: unknown;
  await new Promise<void>((resolve) => {
    client = createClient({ url: `${app.url}/graphql`, retryAttempts: 0, on: { connected: () => resolve() } });
    client.subscribe<Data>(
      { query, variables },
      {
        next({ data, errors }) {
          if (errors !== undefined) problem = errors;
          if (data !== null && data !== undefined) seen.push(data);
        },
        error(error) {
          problem = error;
          end();
          resolve();
        },
        complete: () => end(),
      },
    );
  });
  return {
    seen,
    ended,
    until: (fits) =>
      vi.waitFor(
        () => {
          const found = seen.find(fits);
          if (found === undefined) throw new Error(`Not among ${JSON.stringify(seen)} (${JSON.stringify(problem)})`);
          return found;
        },
        { timeout: 30_000, interval: 10 },
      ),
    async close() {
      client?.dispose();
      await ended;
    },
  };
}

async function enqueue(app: TestApp, username: string): Promise<string> {
  const { body } = await app.graphql<{ enqueueAccount: { entry?: { entryId: string } } }>(ENQUEUE, {
    input: { familyId: family.familyId, createdByUserId: family.ownerId, username, fullName: 'Somebody' },
  });
  const entryId = body.data?.enqueueAccount.entry?.entryId;
  if (entryId === undefined) throw new Error(`Not enqueued: ${JSON.stringify(body)}`);
  return entryId;
}

async function runNow(app: TestApp, jobName: string): Promise<string> {
  const { body } = await app.graphql<{ runJobNow: { run?: { runId: string } } }>(
    'mutation ($jobName: String!) { runJobNow(input: { jobName: $jobName, wait: true }) { ... on RunJobNowPayload { run { runId } } ... on MutationError { code message } } }',
    { jobName },
  );
  const runId = body.data?.runJobNow.run?.runId;
  if (runId === undefined) throw new Error(`Not run: ${JSON.stringify(body)}`);
  return runId;
}
