/**
 * Open streams during a fault: they wait for an unavailable database and resume at their position, and report what
 * cannot be read once, as the last event, whatever fails afterwards.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { subscribe } from '../support/sse.ts';
import { layWire, type Wire } from '../support/wire.ts';

let database: TestDatabase;
let familyId: string;
let wire: Wire;
let app: TestApp;
let closing: (() => void)[] = [];
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ familyId } = await seedFamily(database.db));
  wire = await layWire(database.url);
  app = await startTestApp({ url: wire.url, hasTimers: false, logLevel: 'debug' });
});
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});
afterAll(async () => {
  await app?.close();
  await wire?.cut();
  await database?.drop();
});

const soon = { timeout: 30_000, interval: 10 };

interface Answer {
  readonly data?: Record<string, { readonly cursor: string; readonly queuedCreation: unknown } | null> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

/** Collects everything that a subscription of these fields delivers. */
async function watch(field: string, selection = 'cursor queuedCreation { username family { name } }') {
  const stream = await subscribe(app, `subscription { ${field} { ${selection} } }`);
  closing.push(stream.close);
  const answers = () => stream.events().map((text) => JSON.parse(text) as Answer);
  const codes = () => answers().flatMap(({ errors }) => errors?.map(({ extensions }) => extensions.code) ?? []);
  return { ...stream, answers, codes };
}

/** Inserts rows over a connection that is not cut. */
async function insert(count = 1): Promise<string[]> {
  const usernames = Array.from({ length: count }, () => `out_${++made}`);
  await database.db.query(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status)
     SELECT $1, username, 'Told Later', 'cancelled' FROM unnest($2::text[]) AS username`,
    [familyId, usernames],
  );
  return usernames;
}

const FILTERED = 'queuedCreationChanged(filter: { username: { startsWith: "out_" } })';
const told = (usernames: readonly string[], field = 'queuedCreationChanged') =>
  usernames.map((username) => ({
    data: { [field]: { cursor: expect.any(String), queuedCreation: { username, family: { name: 'The Testers' } } } },
  }));

describe('a database that is away', () => {
  it('is waited for: what was changed meanwhile is told then, in order and whole', async () => {
    const streams = await Promise.all([watch(FILTERED), watch('queuedCreationChanged'), watch(FILTERED)]);
    const before = await insert();
    for (const { answers } of streams) await expect.poll(() => answers().length, soon).toBe(1);
    await wire.cut();
    const meanwhile = await insert(3);
    const failures = () => app.logLines.filter(({ msg }) => msg === 'Database connection still failing').length;
    await expect.poll(failures, soon).toBeGreaterThan(2);
    await wire.mend();
    const after = await insert();
    for (const { answers } of streams) await expect.poll(() => answers().length, soon).toBe(5);
    for (const { answers } of streams) expect(answers()).toEqual(told([...before, ...meanwhile, ...after]));
  });

  it('is waited for between a change and what it is about: no cursor passes what was not told', async () => {
    const streams = await Promise.all([watch(FILTERED), watch('queuedCreationChanged')]);
    const first = await insert();
    for (const { answers } of streams) await expect.poll(() => answers().length, soon).toBe(1);
    // The change feed can be read; the changed objects cannot.
    await database.db.query('ALTER TABLE auth.families RENAME TO real_families');
    await database.db.query('CREATE SEQUENCE auth.tries');
    await database.db.query(
      `CREATE FUNCTION auth.run_out() RETURNS boolean LANGUAGE plpgsql VOLATILE AS
       $$ BEGIN PERFORM nextval('auth.tries'); RAISE EXCEPTION 'sorry, too many clients already' USING ERRCODE = '53300'; END $$`,
    );
    await database.db.query('CREATE VIEW auth.families AS SELECT * FROM auth.real_families WHERE auth.run_out()');
    const second = await insert(2);
    const tries = () => database.db.query<{ tries: string }>('SELECT last_value::text AS tries FROM auth.tries');
    await expect.poll(async () => Number((await tries())[0]?.tries), soon).toBeGreaterThan(4);
    for (const { answers } of streams) expect(answers()).toHaveLength(1);
    await database.db.query('DROP VIEW auth.families');
    await database.db.query('ALTER TABLE auth.real_families RENAME TO families');
    for (const { answers } of streams) await expect.poll(() => answers().length, soon).toBe(3);
    for (const { answers } of streams) expect(answers()).toEqual(told([...first, ...second]));
  });
});

describe('what cannot be read at all', () => {
  it('ends a stream with one error, and the node goes on', async () => {
    const filtered = await watch(FILTERED);
    const [username = ''] = await insert();
    await expect.poll(() => filtered.answers(), soon).toEqual(told([username]));
    // The column that decides which subscribers get the change is broken.
    await database.db.query('ALTER TABLE auth.queued_managed_account_creations RENAME COLUMN enqueuer TO gone');
    await insert();
    await filtered.ended;
    await database.db.query('ALTER TABLE auth.queued_managed_account_creations RENAME COLUMN gone TO enqueuer');
    expect(filtered.codes()).toEqual(['INTERNAL_SERVER_ERROR']);
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
    const again = await watch(FILTERED);
    const next = await insert();
    await expect.poll(() => again.answers(), soon).toEqual(told(next));
  });

  it('ends it with CURSOR_EXPIRED once, when the record is another one under an open stream', async () => {
    const stream = await watch('queuedCreationChanged');
    const [username = ''] = await insert();
    await expect.poll(() => stream.answers(), soon).toEqual(told([username]));
    await database.db.query(`UPDATE auth.change_feed SET epoch = 'another life'`);
    await insert();
    await stream.ended;
    expect(stream.codes()).toEqual(['CURSOR_EXPIRED']);
    const again = await watch('queuedCreationChanged');
    const next = await insert();
    await expect.poll(() => again.answers(), soon).toEqual(told(next));
  });
});
