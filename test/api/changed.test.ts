/**
 * All changes in one stream: ordered, resumable from any cursor, each caller with only what it may see, and no
 * object loaded that was not selected.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ADMIN, callerWith, type Headers, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { subscribe } from '../support/sse.ts';
import { watchStatements } from '../support/statements.ts';

const soon = { timeout: 30_000, interval: 10 };
const NAMES = `... on QueuedCreationChange { entryId } ... on JobRunChange { runId } ... on JobScheduleChange { jobName }
  ... on BulkActionChange { bulkActionId } ... on AlertChange { alertId }`;
const OBJECTS = `... on QueuedCreationChange { queuedCreation { username } } ... on JobRunChange { jobRun { status } }
  ... on JobScheduleChange { jobSchedule { name } } ... on CircuitChange { circuit { state reason } }
  ... on BulkActionChange { bulkAction { action } } ... on AlertChange { alert { summary } }`;

let database: TestDatabase;
let app: TestApp;
let other: TestApp;
let ours: { familyId: string; ownerId: string };
let theirs: { familyId: string; ownerId: string };
let viewer: Headers;
let ofFamily: Headers;
let enqueuer: Headers;
let made = 0;
const ENQUEUER_ID = 'token:frontend';

beforeAll(async () => {
  database = await createTestDatabase();
  ours = await seedFamily(database.db);
  theirs = await seedFamily(database.db);
  app = await startTestApp({ url: database.url, config: WITH_ACCESS, hasTimers: false });
  other = await startTestApp({
    url: database.url,
    config: WITH_ACCESS,
    nodeName: 'other',
    hasTimers: false,
    simulator: app.simulator,
  });
  await database.db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through)
     VALUES ('WatchedJob', '0 0 1 1 *', 'UTC', 'skip', now())`,
  );
  viewer = await callerWith(app, { name: 'onlooker', role: 'VIEWER' });
  ofFamily = await callerWith(app, { name: 'our operator', role: 'OPERATOR', familyId: ours.familyId });
  enqueuer = await callerWith(app, { name: 'frontend', role: 'ENQUEUER' });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await Promise.all([app?.close(), other?.close()]);
  await database?.drop();
});

interface Event {
  readonly __typename: string;
  readonly cursor: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}
interface Answer {
  readonly data?: { readonly changed: Event | null };
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** Subscribes; `args` are the arguments as written in the document. */
async function watch(args: string, { as = viewer, on = app, selection = NAMES } = {}) {
  const stream = await subscribe(on, `subscription { changed${args} { __typename cursor kind ${selection} } }`, as);
  const answers = () => stream.events().map((text) => JSON.parse(text) as Answer);
  return {
    events: () => answers().flatMap(({ data }) => (data?.changed ? [data.changed] : [])),
    problems: () => answers().flatMap(({ errors }) => errors ?? []),
    close: stream.close,
  };
}

/** The key of the object of each event. */
const keysOf = (events: readonly Event[]): unknown[] =>
  events.map(
    ({ __typename, entryId, runId, jobName, bulkActionId, alertId }) =>
      entryId ?? runId ?? jobName ?? bulkActionId ?? alertId ?? __typename,
  );

const cursorOfNow = async (): Promise<string> =>
  (await app.graphql<{ changeCursor: string }>('{ changeCursor }', {}, viewer)).body.data.changeCursor;

const insert = async (sql: string, values: readonly unknown[] = []): Promise<string> => {
  const [row] = await database.db.query<{ id: string }>(`INSERT INTO ${sql} RETURNING id`, values);
  return row?.id ?? '';
};
/** Inserts a cancelled entry, so that it is not attempted. */
const addEntry = (familyId: string, enqueuedBy: string | null = null): Promise<string> =>
  insert(
    `auth.queued_managed_account_creations (family_id, username, full_name, status, next_retry_at, enqueuer)
     VALUES ($1, $2, 'Some Body', 'cancelled', NULL, $3)`,
    [familyId, `changed_${++made}`, enqueuedBy],
  );
const addBulkAction = (familyId: string | null): Promise<string> =>
  insert(
    `auth.bulk_actions (id, action, actor, family_id, total_count, expires_at)
     VALUES (gen_random_uuid(), 'cancel', 'test', $1, 0, now() + interval '1 hour')`,
    [familyId],
  );
const addRun = (): Promise<string> =>
  insert(
    `auth.job_runs (job_name, trigger, status, started_at, finished_at) VALUES ('WatchedJob', 'manual', 'succeeded', now(), now())`,
  );
const addAlert = (): Promise<string> =>
  insert(
    `auth.alerts (id, rule, group_key, severity, summary, advice, subject_kind, count, started_at, raised_at, is_on, resolved_at)
     VALUES (gen_random_uuid(), 'QUEUE_PAUSED', '', 'warning', 'It was paused', 'Resume it', 'queue', 1, now(), now(), false, now())`,
  );
const touchSchedule = async (): Promise<string> => {
  await database.db.query(`UPDATE auth.job_schedules SET updated_at = now() WHERE name = 'WatchedJob'`);
  return 'WatchedJob';
};
const openCircuit = async (reason: string): Promise<string> => {
  await app.graphql(
    'mutation ($reason: String!) { openCircuit(input: { reason: $reason }) { __typename } }',
    { reason },
    ADMIN,
  );
  return 'CircuitChange';
};

describe('changed', () => {
  it('tells each kind of change, in the order in which they happened, and goes on from any on another node', async () => {
    const before = await cursorOfNow();
    const stream = await watch('');
    const happened = [
      await addEntry(ours.familyId),
      await addBulkAction(null),
      await addRun(),
      await addEntry(theirs.familyId),
      await touchSchedule(),
      await openCircuit('Maintenance'),
      await addAlert(),
      await addEntry(ours.familyId),
    ];
    await expect.poll(() => keysOf(stream.events()), soon).toEqual(happened);
    stream.close();
    const seen = stream.events();
    expect(seen.map(({ __typename }) => __typename)).toEqual([
      'QueuedCreationChange',
      'BulkActionChange',
      'JobRunChange',
      'QueuedCreationChange',
      'JobScheduleChange',
      'CircuitChange',
      'AlertChange',
      'QueuedCreationChange',
    ]);
    const cursors = seen.map(({ cursor }) => cursor);
    expect([...cursors].sort()).toEqual(cursors);

    for (const [place, after] of [before, ...cursors].entries()) {
      const again = await watch(`(after: "${after}")`, { on: other });
      await expect.poll(() => again.events(), soon).toEqual(seen.slice(place));
      again.close();
    }
  });

  it('goes on from the cursors of the subscriptions of each kind, and they from its', async () => {
    const cursor = await cursorOfNow();
    const entryId = await addEntry(ours.familyId);
    const runId = await addRun();
    const alone = await subscribe(
      app,
      `subscription { queuedCreationChanged(after: "${cursor}") { cursor entryId } }`,
      viewer,
    );
    await expect.poll(() => alone.events().length, soon).toBe(1);
    alone.close();
    const { queuedCreationChanged } = (
      JSON.parse(alone.events()[0] ?? '') as { data: { queuedCreationChanged: Event } }
    ).data;
    expect(queuedCreationChanged.entryId).toBe(entryId);

    const all = await watch(`(after: "${queuedCreationChanged.cursor}")`);
    await expect.poll(() => keysOf(all.events()), soon).toEqual([runId]);
    all.close();
    const next = await addEntry(ours.familyId);
    const on = await subscribe(
      app,
      `subscription { queuedCreationChanged(after: "${all.events()[0]?.cursor}") { entryId } }`,
      viewer,
    );
    await expect.poll(() => on.events(), soon).toEqual([expect.stringContaining(next)]);
    on.close();
  });

  it('tells only the subjects that were named', async () => {
    const stream = await watch('(subjects: [JOB_RUN, BULK_ACTION, JOB_RUN])');
    await addEntry(ours.familyId);
    const first = await addBulkAction(theirs.familyId);
    await touchSchedule();
    await addAlert();
    const last = await addRun();
    await expect.poll(() => keysOf(stream.events()), soon).toEqual([first, last]);
    stream.close();
  });

  it('says that a place is gone, and refuses a cursor that is none', async () => {
    for (const [after, code] of [
      ['yesterday', 'BAD_USER_INPUT'],
      [`000000000000${(await cursorOfNow()).slice(12)}`, 'CURSOR_EXPIRED'],
    ]) {
      const stream = await watch(`(after: "${after}")`);
      await expect.poll(() => stream.problems(), soon).toMatchObject([{ extensions: { code } }]);
    }
  });
});

describe('what a caller hears', () => {
  it('bound to a family, is that family’s', async () => {
    const stream = await watch('', { as: ofFamily });
    const foreign = await addEntry(theirs.familyId);
    await addBulkAction(theirs.familyId);
    await addBulkAction(null);
    await addRun();
    await touchSchedule();
    await openCircuit('Not for families');
    await addAlert();
    const entryId = await addEntry(ours.familyId);
    const bulkActionId = await addBulkAction(ours.familyId);
    await expect.poll(() => keysOf(stream.events()).slice(-2), soon).toEqual([entryId, bulkActionId]);
    await database.db.query(`DELETE FROM auth.queued_managed_account_creations WHERE status = 'cancelled'`);
    await expect.poll(() => stream.events().at(-1)?.kind, soon).toBe('REMOVED');
    stream.close();
    const keys = keysOf(stream.events());
    expect(keys.slice(0, 2)).toEqual([entryId, bulkActionId]);
    expect(keys.slice(2)).toContain(entryId);
    expect(keys).not.toContain(foreign);
    expect(
      stream
        .events()
        .slice(2)
        .every(({ kind }) => kind === 'REMOVED'),
    ).toBe(true);
  });

  it('as an ENQUEUER, is what it enqueued', async () => {
    const stream = await watch('', { as: enqueuer });
    await addEntry(ours.familyId);
    await addEntry(ours.familyId, 'token:another');
    await addRun();
    await addBulkAction(null);
    const own = await addEntry(theirs.familyId, ENQUEUER_ID);
    await expect.poll(() => keysOf(stream.events()), soon).toEqual([own]);
    stream.close();
  });

  it.each([
    [
      'one bound to a family',
      () => ofFamily,
      ['JOB_RUN', 'SCHEDULE', 'CIRCUIT', 'ALERT'],
      ['QUEUED_CREATION', 'BULK_ACTION'],
    ],
    ['an ENQUEUER', () => enqueuer, ['JOB_RUN', 'SCHEDULE', 'CIRCUIT', 'BULK_ACTION', 'ALERT'], ['QUEUED_CREATION']],
    ['a VIEWER', () => viewer, [], ['QUEUED_CREATION', 'JOB_RUN', 'SCHEDULE', 'CIRCUIT', 'BULK_ACTION', 'ALERT']],
  ])('%s is refused the subjects that it may not watch, by name', async (_name, caller, refused, allowed) => {
    for (const subject of refused) {
      const stream = await watch(`(subjects: [QUEUED_CREATION, ${subject}])`, { as: caller() });
      await expect
        .poll(() => stream.problems(), soon)
        .toMatchObject([
          {
            message: expect.stringContaining(`${subject}: `),
            extensions: { code: 'FORBIDDEN', denied: [`ChangeSubject.${subject}`] },
          },
        ]);
      expect(stream.events()).toEqual([]);
    }
    const stream = await watch(`(subjects: [${allowed.join(', ')}])`, { as: caller() });
    const own = await addEntry(ours.familyId, ENQUEUER_ID);
    await expect.poll(() => keysOf(stream.events()), soon).toEqual([own]);
    stream.close();
  });

  it('is not nothing: an empty list of subjects is refused', async () => {
    const stream = await watch('(subjects: [])');
    await expect
      .poll(() => stream.problems(), soon)
      .toMatchObject([{ message: expect.stringContaining('subjects'), extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

it('no object is loaded where only names are asked for', async () => {
  const statements: string[] = [];
  const spy = watchStatements((text) => statements.push(text));
  // Prisma loads objects and alone writes quoted names; what a filter needs is loaded by a list of keys.
  const loads = () => statements.filter((sql) => /^SELECT .*FROM "auth"|= ANY\(\$1::uuid\[\]\)/s.test(sql));
  const all = async () => {
    await addEntry(ours.familyId);
    await addRun();
    await touchSchedule();
    await addBulkAction(null);
    await addAlert();
    return openCircuit(`Once more, ${++made}`);
  };
  const names = await watch('');
  await all();
  await expect.poll(() => names.events().length, soon).toBe(6);
  names.close();
  const byNames = loads();
  const objects = await watch('', { selection: OBJECTS });
  await all();
  await expect
    .poll(() => objects.events(), soon)
    .toMatchObject([
      { queuedCreation: { username: expect.any(String) } },
      { jobRun: { status: 'SUCCEEDED' } },
      { jobSchedule: { name: 'WatchedJob' } },
      { bulkAction: { action: 'CANCEL' } },
      { alert: { summary: 'It was paused' } },
      { circuit: { state: 'OPEN', reason: expect.stringContaining('Once more') } },
    ]);
  objects.close();
  spy.mockRestore();
  expect(loads().length - byNames.length).toBeGreaterThanOrEqual(5);
  expect(byNames).toEqual([]);
});
