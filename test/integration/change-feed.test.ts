/**
 * The change feed with real transactions: ordered and complete in whatever order they commit, resumable by cursor
 * on any node, with a clear error for a cursor that cannot be resumed.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChangeEvent } from '../../src/events/changes/change-events.ts';
import { type ChangeFeed, createChangeFeed } from '../../src/events/changes/change-feed.ts';
import { deleteOldChanges } from '../../src/events/changes/change-record.ts';
import { currentPlace, readChanges } from '../../src/events/changes/change-rows.ts';
import type { Interest } from '../../src/events/changes/change-stream.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { type Notices, openNotices } from '../../src/work/notices.ts';
import { watchThroughDisconnections } from '../support/change-watch.ts';
import { createEmptyDatabase, createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let familyId: string;
let notices: Notices;
let feed: ChangeFeed;
let closing: (() => unknown)[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  ({ familyId } = await seedFamily(database.db));
  notices = await openNotices({ db: database.db, directUrl: database.url, logger: silentLogger });
});
beforeEach(() => {
  feed = openFeed();
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});
afterAll(async () => {
  await notices?.close();
  await database?.drop();
});

function openFeed(db = database.db): ChangeFeed {
  const opened = createChangeFeed({ db, notices });
  closing.push(opened.close);
  return opened;
}

/** A connection of another program that writes SQL. */
async function connect(url = database.url): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'psql' });
  await client.connect();
  closing.push(() => client.end());
  return client;
}

const insert = async (client: Pick<pg.Client, 'query'>, count = 1): Promise<string[]> => {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status)
     SELECT $1, 'n' || substr(gen_random_uuid()::text, 1, 13), 'New', 'cancelled' FROM generate_series(1, $2::int) RETURNING id`,
    [familyId, count],
  );
  return rows.map(({ id }) => id);
};

/** Collects everything that a stream delivers. */
async function watch<Row>(interest: Interest<Row>, after?: string, on = feed) {
  const stream = await on.subscribe(interest, after);
  const seen: ChangeEvent[] = [];
  let failure: unknown;
  const reading = (async () => {
    for await (const event of stream) seen.push(event);
  })().catch((error: unknown) => {
    failure = error;
  });
  const close = async () => {
    await stream.return?.();
    await reading;
  };
  closing.push(close);
  return { seen, close, failure: () => failure };
}
const soon = { timeout: 30_000, interval: 5 };
const keysOf = (events: readonly ChangeEvent[]) => events.map(({ key }) => key);

describe('the feed', () => {
  it('tells whatever SQL did, with its kind and whose a removed one was', async () => {
    const { seen } = await watch({ topic: 'entry' });
    const client = await connect();
    const [id = ''] = await insert(client);
    await client.query(`UPDATE auth.queued_managed_account_creations SET full_name = 'Changed' WHERE id = $1`, [id]);
    // A change of columns that only workers use is not published.
    await client.query(
      `UPDATE auth.queued_managed_account_creations SET probed_at = now(), full_name = 'Changed' WHERE id = $1`,
      [id],
    );
    await client.query('DELETE FROM auth.queued_managed_account_creations WHERE id = $1', [id]);
    await expect
      .poll(() => seen.map(({ kind, key, scope }) => [kind, key, scope]), soon)
      .toEqual([
        ['CREATED', id, undefined],
        ['UPDATED', id, undefined],
        ['REMOVED', id, familyId],
      ]);
    expect(seen[0]?.at).toBeInstanceOf(Date);
    const cursors = seen.map(({ cursor }) => cursor);
    expect([...cursors].sort()).toEqual(cursors);
  });

  it('waits for a transaction that began earlier and commits later, and misses none', async () => {
    const { seen } = await watch({ topic: 'entry' });
    const [early, late] = [await connect(), await connect()];
    await early.query('BEGIN');
    const [first] = await insert(early);
    const [second] = await insert(late);
    // The second is committed and readable, but a reader that had passed it would never see the first.
    const other = await connect();
    const third = await insert(other, 3);
    await delay(300);
    expect(seen).toEqual([]);
    await early.query('COMMIT');
    await expect.poll(() => keysOf(seen), soon).toEqual([first, second, ...third]);
  });

  it('is held back by no transaction of another database', async () => {
    const elsewhere = await createEmptyDatabase();
    closing.push(elsewhere.drop);
    const stranger = await connect(elsewhere.url);
    await stranger.query('BEGIN');
    await stranger.query('CREATE TABLE x ()');
    const start = await feed.cursor();
    const { seen } = await watch({ topic: 'entry' });
    const ids = await insert(await connect(), 2);
    await expect.poll(() => keysOf(seen), soon).toEqual(ids);
    // A client that reconnects catches up.
    const back = await watch({ topic: 'entry' }, start);
    await expect.poll(() => keysOf(back.seen), soon).toEqual(ids);
    await expect.poll(() => feed.listenerCount(), soon).toBe(2);
    // A new listener does not get earlier changes either.
    const later = await watch({ topic: 'entry' });
    const more = await insert(await connect(), 1);
    await expect.poll(() => keysOf(later.seen), soon).toEqual(more);
    await stranger.query('ROLLBACK');
    await insert(await connect(), 1);
    await expect.poll(() => later.seen.length, soon).toBe(2);
    expect(seen).toHaveLength(4);
  });

  it('goes on from a cursor, also within a statement and on another node, and then tells what is new', async () => {
    const start = await feed.cursor();
    const client = await connect();
    const ids = await insert(client, 5);
    const whole = await watch({ topic: 'entry' }, start);
    await expect.poll(() => keysOf(whole.seen), soon).toEqual(ids);
    const other = openFeed();
    for (const [place, { cursor }] of [...whole.seen].entries()) {
      const rest = await watch({ topic: 'entry' }, cursor, other);
      const [added] = await insert(client);
      ids.push(added ?? '');
      await expect.poll(() => keysOf(rest.seen), soon).toEqual(ids.slice(place + 1));
      await rest.close();
    }
    expect(other.listenerCount()).toBe(0);
  });

  it('reads nothing while nobody listens, and asks once for all who do', async () => {
    let questions = 0;
    const counting = {
      ...database.db,
      reading: {
        query: ((...args: Parameters<typeof database.db.query>) => {
          questions += 1;
          return database.db.query(...args);
        }) as typeof database.db.query,
      },
    };
    const counted = openFeed(counting);
    const client = await connect();
    await insert(client, 3);
    expect(questions).toBe(0);
    let loads = 0;
    const load = async (keys: readonly string[]) => {
      loads += 1;
      return new Map(keys.map((key) => [key, key]));
    };
    const objects: string[][] = [];
    const loadObjects = async (keys: readonly string[]) => {
      objects.push([...keys]);
      return new Map(keys.map((key) => [key, key]));
    };
    const listeners = await Promise.all(
      Array.from({ length: 50 }, () =>
        watch({ topic: 'entry', load, keep: (_change, row) => row !== undefined }, undefined, counted),
      ),
    );
    await expect.poll(() => counted.listenerCount(), soon).toBe(50);
    loads = 0;
    const ids = await insert(client, 150);
    for (const { seen } of listeners) await expect.poll(() => keysOf(seen), soon).toEqual(ids);
    expect(loads).toBe(1);
    const told = listeners.flatMap(({ seen }) => seen);
    await Promise.all(told.map(({ together, key }) => together.objectOf('entry', 'a selection', key, loadObjects)));
    expect(objects.flat().sort()).toEqual([...ids].sort());
    expect(objects).toHaveLength(2);
  });

  it('does not pile up what one does not take: it catches up from the record, in order, each once', async () => {
    const stream = await feed.subscribe({ topic: 'entry' });
    const first = stream.next();
    const client = await connect();
    const ids = await insert(client);
    expect((await first).value).toMatchObject({ key: ids[0] });
    const quick = await watch({ topic: 'entry' });
    for (let n = 0; n < 5; n++) ids.push(...(await insert(client, 900)));
    await expect.poll(() => quick.seen.length, soon).toBe(4_500);
    // The slow subscriber no longer listens; only its position is kept.
    expect(feed.listenerCount()).toBe(1);
    const taken: string[] = [ids[0] ?? ''];
    while (taken.length < ids.length) taken.push(((await stream.next()).value as ChangeEvent).key);
    expect(taken).toEqual(ids);
    const next = stream.next();
    const [last] = await insert(client);
    expect((await next).value).toMatchObject({ key: last });
    await stream.return?.();
  });
});

describe('a flood', () => {
  it('is read in pages of a bounded size, which those who fell behind share', async () => {
    let reads = 0;
    let largest = 0;
    const query = async (...args: Parameters<typeof database.db.query>) => {
      const rows = await database.db.query<{ keys?: string[] }>(...args);
      if (String(args[0]).includes('horizon')) {
        reads += 1;
        largest = Math.max(
          largest,
          rows.reduce((sum, { keys }) => sum + (keys?.length ?? 0), 0),
        );
      }
      return rows as never;
    };
    const counted = openFeed({ ...database.db, reading: { query: query as typeof database.db.query } });
    const listeners = await Promise.all(
      Array.from({ length: 20 }, () => watch({ topic: 'entry' }, undefined, counted)),
    );
    await expect.poll(() => counted.listenerCount(), soon).toBe(20);
    reads = 0;
    // One statement with many rows, like an UPDATE of a whole table, and several of a thousand rows.
    const client = await connect();
    const ids = await insert(client, 6_500);
    for (let n = 0; n < 6; n++) ids.push(...(await insert(client, 1_000)));
    for (const { seen } of listeners) await expect.poll(() => seen.length, soon).toBe(ids.length);
    for (const { seen } of listeners) expect(new Set(keysOf(seen))).toEqual(new Set(ids));
    expect(largest).toBeLessThanOrEqual(2_000);
    expect(reads).toBeLessThan(20 * 13);
  });

  it('that was told costs nothing any more: a look reads what is new, however long the record is', async () => {
    const client = await connect();
    const db = { query: async (sql: string, values?: unknown[]) => (await client.query(sql, values)).rows };
    await client.query(
      `INSERT INTO auth.changes (topic, kind, keys) SELECT 'entry', 'updated', ARRAY[gen_random_uuid()::text] FROM generate_series(1, 20000)`,
    );
    await client.query('ANALYZE auth.changes');
    const readWhole = async () => {
      await client.query('SELECT pg_stat_force_next_flush()');
      const { rows } = await client.query<{ rows: string }>(
        `SELECT seq_tup_read::text AS rows FROM pg_stat_user_tables WHERE relid = 'auth.changes'::regclass`,
      );
      return Number(rows[0]?.rows);
    };
    const place = await currentPlace(db as never);
    const before = await readWhole();
    for (let n = 0; n < 3; n++) await readChanges(db as never, place.position);
    expect((await readWhole()) - before).toBe(0);
    await client.query('TRUNCATE auth.changes');
  });

  it('does not send one back that wanted nothing for long: what it passed by is behind it', async () => {
    const stream = await feed.subscribe({ topic: 'entry', keep: ({ kind }) => kind === 'REMOVED' });
    const next = stream.next();
    await expect.poll(() => feed.listenerCount(), soon).toBe(1);
    const client = await connect();
    const heard = await watch({ topic: 'entry' });
    const ids = await insert(client, 4_500);
    await expect.poll(() => heard.seen.length, soon).toBe(4_500);
    // Delete all the changes that it skipped.
    await client.query(`UPDATE auth.changes SET at = at - interval '2 hours'`);
    await deleteOldChanges(database.db, 3_600_000, 10_000);
    await client.query('DELETE FROM auth.queued_managed_account_creations WHERE id = ANY($1)', [ids]);
    expect((await next).value).toMatchObject({ kind: 'REMOVED' });
    for (let taken = 1; taken < ids.length; taken++) await stream.next();
    await stream.return?.();
  });

  it('that nobody listened to is nobody’s who comes later', async () => {
    const first = await watch({ topic: 'entry' });
    const client = await connect();
    await insert(client);
    await expect.poll(() => first.seen.length, soon).toBe(1);
    await first.close();
    await insert(client, 3_000);
    let loaded = 0;
    const load = async (keys: readonly string[]) => {
      loaded += keys.length;
      return new Map(keys.map((key) => [key, key]));
    };
    const second = await watch({ topic: 'entry', load, keep: () => true });
    const [id] = await insert(client);
    await expect.poll(() => keysOf(second.seen), soon).toEqual([id]);
    expect(loaded).toBe(1);
  });
});

describe('a cursor that cannot be gone on from', () => {
  it('is refused when what lies behind it was deleted, with the oldest that can', async () => {
    const client = await connect();
    const start = await feed.cursor();
    await insert(client, 3);
    const middle = await feed.cursor();
    const ids = await insert(client, 2);
    // Make all changes old except those of the last statement.
    await client.query(
      `UPDATE auth.changes SET at = at - interval '2 hours'
       WHERE (transaction_id, sequence) < (SELECT transaction_id, sequence FROM auth.changes ORDER BY transaction_id DESC, sequence DESC LIMIT 1)`,
    );
    expect(await deleteOldChanges(database.db, 3_600_000, 1_000)).toBeGreaterThan(0);
    const refusal = await feed.subscribe({ topic: 'entry' }, start).then(
      () => undefined,
      (error: unknown) => error as { message: string; extensions: { code: string; oldestCursor: string } },
    );
    expect(refusal?.extensions.code).toBe('CURSOR_EXPIRED');
    for (const cursor of [refusal?.extensions.oldestCursor, middle]) {
      const rest = await watch({ topic: 'entry' }, cursor);
      await expect.poll(() => keysOf(rest.seen), soon).toEqual(ids);
    }
  });

  it('is refused when it is of another life of the database, and what that had written is not told', async () => {
    const client = await connect();
    const cursor = await feed.cursor();
    await insert(client);
    // As after a restore: rows of another cluster, whose transaction ids are ahead of ours.
    await client.query('INSERT INTO auth.changes (transaction_id, topic, kind, keys) VALUES (9000000000, $1, $2, $3)', [
      'entry',
      'created',
      [randomUUID()],
    ]);
    await client.query(`UPDATE auth.change_feed SET epoch = 'another life'`);
    const foreign = cursor.replace(/^.{12}/, '0123456789ab');
    await expect(openFeed().subscribe({ topic: 'entry' }, foreign)).rejects.toMatchObject({
      extensions: { code: 'CURSOR_EXPIRED' },
    });
    expect((await client.query('SELECT FROM auth.changes')).rowCount).toBe(0);
    const { seen } = await watch({ topic: 'entry' }, undefined, openFeed());
    const ids = await insert(client);
    await expect.poll(() => keysOf(seen), soon).toEqual(ids);
  });

  it('is refused when it lies ahead, or its change is not there: the files were put back to an earlier time', async () => {
    const client = await connect();
    const start = await feed.cursor();
    await insert(client, 2);
    const { seen } = await watch({ topic: 'entry' }, start);
    await expect.poll(() => seen.length, soon).toBe(2);
    const cursor = seen[1]?.cursor ?? '';
    const ahead = `${cursor.slice(0, 12)}00000000ffffffff${cursor.slice(28)}`;
    const unknown = `${cursor.slice(0, 28)}00000000ffffffff${cursor.slice(44)}`;
    // The position exists, but for a different change, written after the published one was lost.
    const other = `${cursor.slice(0, -8)}${cursor.at(-8) === '0' ? '1' : '0'}${cursor.slice(-7)}`;
    for (const wrong of [ahead, unknown, other])
      await expect(feed.subscribe({ topic: 'entry' }, wrong)).rejects.toMatchObject({
        extensions: { code: 'CURSOR_EXPIRED' },
      });
    await (await watch({ topic: 'entry' }, cursor)).close();
  });

  it('is refused when a change is lost that was committed after its own, though told before', async () => {
    const start = await feed.cursor();
    const [early, late] = [await connect(), await connect()];
    await insert(await connect());
    // A transaction of another database of the cluster may be older, and then it would be part of the proof.
    const isPast = `SELECT bool_and(transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint) AS past FROM auth.changes`;
    await expect.poll(async () => (await late.query(isPast)).rows, soon).toEqual([{ past: true }]);
    await early.query('BEGIN');
    const [first] = await insert(early);
    const [second] = await insert(late);
    await early.query('COMMIT');
    const { seen } = await watch({ topic: 'entry' }, start);
    await expect.poll(() => keysOf(seen).slice(1), soon).toEqual([first, second]);
    const cursor = seen[2]?.cursor;
    // A change committed before both began exists wherever one of them does, so it is not part of the proof.
    const lose = (key: string | undefined) => early.query('DELETE FROM auth.changes WHERE keys = ARRAY[$1]', [key]);
    await lose(seen[0]?.key);
    await (await watch({ topic: 'entry' }, cursor)).close();
    await lose(first);
    await expect(feed.subscribe({ topic: 'entry' }, cursor)).rejects.toMatchObject({
      extensions: { code: 'CURSOR_EXPIRED' },
    });
  });

  it('ends the streams that are open when the database becomes another one', async () => {
    const watched = await watch({ topic: 'entry' });
    await expect.poll(() => feed.listenerCount(), soon).toBe(1);
    const client = await connect();
    // A restored table has a different identity.
    await client.query('CREATE TABLE auth.changes_restored (LIKE auth.changes INCLUDING ALL)');
    await client.query('ALTER TABLE auth.changes RENAME TO changes_before');
    await client.query('ALTER TABLE auth.changes_restored RENAME TO changes');
    notices.notify('changes');
    await expect.poll(() => watched.failure(), soon).toMatchObject({ extensions: { code: 'CURSOR_EXPIRED' } });
    await client.query('DROP TABLE auth.changes; ALTER TABLE auth.changes_before RENAME TO changes');
  });

  it.each(['', 'x', 'ffff', '0123456789abzz'])('is refused when it is none: "%s"', async (text) => {
    await expect(feed.subscribe({ topic: 'entry' }, text)).rejects.toMatchObject({
      message: expect.stringContaining('after:'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });
});

it('a client that disconnects at random gets every change once, however transactions commit', async () => {
  const { missed, doubled, count } = await watchThroughDisconnections(database, {
    seed: 7,
    changes: 600,
    disconnections: 40,
  });
  expect({ missed, doubled }).toEqual({ missed: [], doubled: [] });
  expect(count).toBeGreaterThanOrEqual(500);
}, 60_000);
