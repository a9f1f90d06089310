/** Notices between nodes: by LISTEN and by the polled table, across lost connections. */
import { Writable } from 'node:stream';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { NOTICE_CHANNEL, type Notices, openNotices } from '../../src/work/notices.ts';
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

/** Counts the notices that a node receives, by topic. */
function hear(notices: Notices) {
  const heard = { work: 0, changes: 0, circuit: 0, schedules: 0, outbox: 0 };
  notices.on({
    work: () => heard.work++,
    changes: () => heard.changes++,
    circuit: () => heard.circuit++,
    schedules: () => heard.schedules++,
    outbox: () => heard.outbox++,
  });
  return heard;
}

/** Collects every NOTIFY payload. */
async function tap(): Promise<string[]> {
  const client = new pg.Client({ connectionString: database.url, application_name: 'a tap' });
  await client.connect();
  opened.push({ close: () => client.end() });
  const payloads: string[] = [];
  client.on('notification', ({ payload }) => payloads.push(payload ?? ''));
  await client.query(`LISTEN ${NOTICE_CHANNEL}`);
  return payloads;
}

/** A connection of another program that writes SQL. */
async function asSomebody(applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, application_name: applicationName });
  await client.connect();
  opened.push({ close: () => client.end() });
  return client;
}

const INSERT = `
  INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, next_retry_at)
  SELECT $1, $2 || n, 'By Hand', now() FROM generate_series(1, $3::int) AS n RETURNING id`;

const soon = { timeout: 30_000, interval: 5 };
const listeners = () =>
  database.db.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%' AND application_name = 'family-hub-jobs'`,
  );

/** The process id of the only listening connection; those of earlier tests are closed by then. */
async function listener(): Promise<number> {
  await expect.poll(async () => (await listeners()).length, soon).toBe(1);
  return (await listeners())[0]?.pid ?? 0;
}

describe('by LISTEN', () => {
  it('reach this node and the others', async () => {
    const [one, other] = [await open(), await open()];
    expect(one.road).toBe('listen');
    const [here, there] = [hear(one), hear(other)];
    one.notify('changes');
    one.notify('schedules', 'changes');
    await expect.poll(() => there, soon).toMatchObject({ changes: 1, schedules: 1, work: 0 });
    await expect.poll(() => here, soon).toMatchObject({ changes: 3, schedules: 1, work: 0 });
  });

  it('work, changes, the outbox and the circuit are told here at once and elsewhere by notice', async () => {
    const [one, other] = [await open(), await open()];
    const [here, there] = [hear(one), hear(other)];
    one.notify('work');
    one.notify('changes');
    one.notify('circuit', 'changes');
    one.notify('outbox');
    // A change of the circuit is also in the change feed.
    expect(here).toMatchObject({ work: 1, changes: 2, circuit: 1, outbox: 1 });
    await expect.poll(() => there, soon).toMatchObject({ work: 1, changes: 1, circuit: 1, outbox: 1 });
  });

  it('many of a few milliseconds travel together', async () => {
    const notices = await open();
    const [heard, there] = [hear(notices), hear(await open())];
    const payloads = await tap();
    for (let n = 0; n < 1_000; n++) {
      notices.notify('work', 'changes');
    }
    notices.notify('schedules', 'changes');
    await expect.poll(() => heard.schedules, soon).toBe(1);
    // Other nodes get one notice per payload; there are few payloads however busy the machine is.
    expect(there.changes).toBeLessThanOrEqual(20);
    expect(heard.changes).toBeGreaterThanOrEqual(1_001);
    await expect.poll(() => payloads.join(), soon).toContain('"schedules":true');
    expect(payloads.length).toBeLessThanOrEqual(20);
  });

  it('survives a connection that the database ends, and then looks at everything once', async () => {
    const notices = await open();
    const heard = hear(notices);
    const before = await listener();
    await database.db.query('SELECT pg_terminate_backend($1)', [before]);
    await expect.poll(() => heard, soon).toMatchObject({ work: 1, circuit: 1, schedules: 1 });
    expect(await listener()).not.toBe(before);
    const { schedules } = heard;
    notices.notify('schedules', 'changes');
    await expect.poll(() => heard.schedules, soon).toBe(schedules + 1);
  });

  it('leaves no connection behind when it is closed while it connects again', async () => {
    let closing: Promise<void> | undefined;
    const logger = pino(
      { level: 'debug' },
      new Writable({
        write(_, __, done) {
          // Logged before it reconnects: the first chance to close during that.
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
    notices.notify('work');
    expect(heard.work).toBe(1);
  });
});

describe('by the polled table', () => {
  it('work and changes reach both nodes, once each', async () => {
    const [one, other] = [await open(false), await open(false)];
    expect(one.road).toBe('poll');
    const [here, there] = [hear(one), hear(other)];
    one.notify('schedules', 'changes');
    other.notify('circuit', 'changes');
    for (const heard of [here, there])
      await expect.poll(() => heard, soon).toMatchObject({ schedules: 1, work: expect.any(Number) });
    await expect.poll(() => here.circuit, soon).toBeGreaterThan(0);
    one.notify('schedules', 'changes');
    // Recent rows are read again but recognized: none is delivered twice.
    await expect.poll(() => there.schedules, soon).toBe(2);
  });

  it('what was changed by hand is looked for at every poll', async () => {
    const heard = hear(await open(false));
    const { work, changes } = heard;
    await expect.poll(() => heard.work, soon).toBeGreaterThan(work + 1);
    await expect.poll(() => heard.changes, soon).toBeGreaterThan(changes + 1);
  });
});

describe('rows inserted by somebody else', () => {
  it('are announced, and wake, once for a statement however many they are', async () => {
    const heard = hear(await open());
    const payloads = await tap();
    const client = await asSomebody('psql');
    await client.query(INSERT, [familyId, 'by_psql_', 500]);
    await expect.poll(() => heard, soon).toMatchObject({ work: 1, changes: 1 });
    await client.query(
      `UPDATE auth.queued_managed_account_creations SET full_name = 'Changed' WHERE username LIKE 'by_psql_%'`,
    );
    await client.query(`DELETE FROM auth.queued_managed_account_creations WHERE username LIKE 'by_psql_%'`);
    await expect.poll(() => heard, soon).toMatchObject({ work: 1, changes: 3 });
    await expect.poll(() => payloads.length, soon).toBe(4);
  });

  it('are not announced when they are our own: we say so ourselves', async () => {
    const payloads = await tap();
    await database.db.query(INSERT, [familyId, 'ours_', 3]);
    await database.db.query('SELECT pg_notify($1, $2)', [NOTICE_CHANNEL, 'the end']);
    await expect.poll(() => payloads, soon).toEqual(['the end']);
  });
});
