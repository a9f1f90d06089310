/** Notices between nodes: by LISTEN and by the polled table, across connections that are lost. */
import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { changeStream } from '../../src/events/change-stream.ts';
import { type Change, NOTICE_CHANNEL, type Notices, openNotices } from '../../src/events/notices.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let familyId: string;
let opened: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  ({ familyId } = await seedFamily(database.db));
});
afterAll(() => database?.drop());
afterEach(async () => {
  for (const one of opened) await one.close();
  opened = [];
});

async function open(isListening = true): Promise<Notices> {
  const directUrl = isListening ? database.url : undefined;
  const notices = await openNotices({ db: database.db, directUrl, logger: silentLogger });
  opened.push(notices);
  return notices;
}

/** All that a node hears, as it comes. */
function hear(notices: Notices) {
  const heard = { work: 0, circuit: 0, schedules: 0, entries: [] as Change[], runs: [] as Change[], deliveries: 0 };
  notices.on({
    work: () => heard.work++,
    circuit: () => heard.circuit++,
    schedules: () => heard.schedules++,
    entries(changes) {
      heard.deliveries++;
      heard.entries.push(...changes);
    },
    runs: (changes) => heard.runs.push(...changes),
  });
  return heard;
}

/** Every payload as it travels. */
async function tap(): Promise<string[]> {
  const client = new pg.Client({ connectionString: database.url, application_name: 'a tap' });
  await client.connect();
  opened.push({ close: () => client.end() });
  const payloads: string[] = [];
  client.on('notification', ({ payload }) => payloads.push(payload ?? ''));
  await client.query(`LISTEN ${NOTICE_CHANNEL}`);
  return payloads;
}

/** A connection of somebody who writes SQL. */
async function asSomebody(applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, application_name: applicationName });
  await client.connect();
  opened.push({ close: () => client.end() });
  return client;
}

const INSERT = `
  INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, next_retry_at)
  SELECT $1, $2 || n, 'By Hand', now() FROM generate_series(1, $3::int) AS n RETURNING id`;

const soon = { timeout: 5_000, interval: 5 };
const listeners = () =>
  database.db.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%' AND application_name = 'family-hub-jobs'`,
  );

/** The one listening connection; those of earlier tests are gone by then. */
async function listener(): Promise<number> {
  await expect.poll(async () => (await listeners()).length, soon).toBe(1);
  return (await listeners())[0]?.pid ?? 0;
}

describe('by LISTEN', () => {
  it('changes reach this node and the others, with their kind', async () => {
    const [one, other] = [await open(), await open()];
    expect(one.road).toBe('listen');
    const [here, there] = [hear(one), hear(other)];
    const [created, updated, run] = [randomUUID(), randomUUID(), randomUUID()];
    one.entriesChanged('CREATED', [created]);
    one.entriesChanged('UPDATED', [updated]);
    one.runChanged('CREATED', run);
    one.schedulesChanged();
    for (const heard of [here, there]) {
      await expect
        .poll(() => heard.entries.map(({ kind, id }) => [kind, id]), soon)
        .toEqual([
          ['CREATED', created],
          ['UPDATED', updated],
        ]);
      await expect.poll(() => heard.runs.map(({ kind, id }) => [kind, id]), soon).toEqual([['CREATED', run]]);
      expect(heard.schedules).toBe(1);
      expect(heard.entries[0]?.at).toBeInstanceOf(Date);
    }
  });

  it('work and circuit are told here at once and elsewhere by notice', async () => {
    const [one, other] = [await open(), await open()];
    const [here, there] = [hear(one), hear(other)];
    one.workToDo();
    one.circuitChanged();
    expect(here).toMatchObject({ work: 1, circuit: 1 });
    await expect.poll(() => [there.work, there.circuit], soon).toEqual([1, 1]);
  });

  it('many changes of a few milliseconds travel as few payloads under NOTIFY’s limit', async () => {
    const notices = await open();
    const heard = hear(notices);
    const payloads = await tap();
    const ids = Array.from({ length: 1_000 }, () => randomUUID());
    for (const id of ids) {
      notices.workToDo();
      notices.entriesChanged('UPDATED', [id]);
      notices.entriesChanged('UPDATED', [id]);
      notices.runChanged('UPDATED', id);
    }
    await expect.poll(() => heard.runs.length, soon).toBe(1_000);
    expect(heard.entries.map(({ id }) => id).sort()).toEqual([...ids].sort());
    await expect.poll(() => payloads.length, soon).toBeGreaterThan(0);
    expect(payloads.length).toBeLessThanOrEqual(14);
    for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(7_900);
    expect(payloads.filter((payload) => payload.includes('"work":true'))).toHaveLength(1);
  });

  it('survives a connection that the database ends, and then looks at everything once', async () => {
    const notices = await open();
    const heard = hear(notices);
    const before = await listener();
    await database.db.query('SELECT pg_terminate_backend($1)', [before]);
    await expect.poll(() => heard, soon).toMatchObject({ work: 1, circuit: 1, schedules: 1 });
    expect(await listener()).not.toBe(before);
    const id = randomUUID();
    notices.entriesChanged('UPDATED', [id]);
    await expect.poll(() => heard.entries.map((change) => change.id), soon).toEqual([id]);
  });

  it('leaves no connection behind when it is closed while it connects again', async () => {
    let closing: Promise<void> | undefined;
    const logger = pino(
      { level: 'warn' },
      new Writable({
        write(_, __, done) {
          // Said before it begins to connect again: the first chance to close meanwhile.
          closing ??= Promise.resolve().then(() => notices.close());
          done();
        },
      }),
    );
    const notices = await openNotices({ db: database.db, directUrl: database.url, logger });
    const heard = hear(notices);
    await database.db.query('SELECT pg_terminate_backend($1)', [await listener()]);
    await expect.poll(() => closing !== undefined, soon).toBe(true);
    await closing;
    await tap();
    await expect.poll(listeners, soon).toEqual([]);
    expect(heard.work).toBe(0);
  });

  it('what cannot be read is passed over', async () => {
    const notices = await open();
    const heard = hear(notices);
    await database.db.query('SELECT pg_notify($1, $2)', [NOTICE_CHANNEL, 'not JSON']);
    await database.db.query('SELECT pg_notify($1, $2)', [NOTICE_CHANNEL, '{"work":true}']);
    await expect.poll(() => heard.work, soon).toBe(1);
  });

  it('a handler that throws does not keep the others from hearing', async () => {
    const notices = await open();
    notices.on({
      work() {
        throw new Error('broken');
      },
    });
    const heard = hear(notices);
    notices.workToDo();
    expect(heard.work).toBe(1);
  });
});

describe('by the polled table', () => {
  it('work and changes reach both nodes, once each', async () => {
    const [one, other] = [await open(false), await open(false)];
    expect(one.road).toBe('poll');
    const [here, there] = [hear(one), hear(other)];
    const ids = Array.from({ length: 400 }, () => randomUUID());
    one.entriesChanged('CREATED', ids);
    other.circuitChanged();
    for (const heard of [here, there]) {
      await expect.poll(() => heard.entries.length, soon).toBe(400);
      expect(heard.work).toBeGreaterThan(0);
    }
    await expect.poll(() => here.circuit, soon).toBeGreaterThan(0);
    const last = randomUUID();
    one.entriesChanged('UPDATED', [last]);
    await expect.poll(() => there.entries.at(-1)?.id, soon).toBe(last);
    // Read again while it was young, and told apart: none came twice.
    expect(there.entries.map(({ id }) => id).sort()).toEqual([...ids, last].sort());
  });

  it('rows inserted by hand are looked for at every poll', async () => {
    const heard = hear(await open(false));
    const before = heard.work;
    await expect.poll(() => heard.work, soon).toBeGreaterThan(before + 1);
  });
});

describe('rows inserted by somebody else', () => {
  it('are announced with their ids, and wake', async () => {
    const heard = hear(await open());
    const client = await asSomebody('psql');
    const { rows } = await client.query<{ id: string }>(INSERT, [familyId, 'by_psql_', 2]);
    await expect.poll(() => heard.entries.length, soon).toBe(2);
    expect(heard.entries.map(({ kind, id }) => [kind, id]).sort()).toEqual(
      rows.map(({ id }) => ['CREATED', id]).sort(),
    );
    expect(heard.work).toBe(1);
  });

  it('500 at once stay under NOTIFY’s limit and wake once', async () => {
    const payloads = await tap();
    const client = await asSomebody('an import');
    await client.query(INSERT, [familyId, 'import_', 500]);
    await expect.poll(() => payloads.length, soon).toBe(1);
    expect(Buffer.byteLength(payloads[0] ?? '')).toBeLessThan(8_000);
    expect(payloads[0]).toContain('"work":true');
  });

  it('are not announced when they are our own: we say so ourselves', async () => {
    const payloads = await tap();
    await database.db.query(INSERT, [familyId, 'ours_', 3]);
    await database.db.query('SELECT pg_notify($1, $2)', [NOTICE_CHANNEL, 'the end']);
    await expect.poll(() => payloads, soon).toEqual(['the end']);
  });
});

describe('a stream of changes', () => {
  it('gathers by id what comes while its reader is slow, and ends when it is left', async () => {
    const notices = await open();
    const stream = changeStream(notices, 'entries');
    const [first, second] = [randomUUID(), randomUUID()];
    const heard = hear(notices);
    notices.entriesChanged('CREATED', [first]);
    await expect.poll(() => heard.entries.length, soon).toBe(1);
    notices.entriesChanged('UPDATED', [first, second]);
    await expect.poll(() => heard.entries.length, soon).toBe(3);
    const received = [await stream.next(), await stream.next()].map(({ value }) => value as Change);
    expect(received.map(({ kind, id }) => [kind, id])).toEqual([
      ['CREATED', first],
      ['UPDATED', second],
    ]);
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});
