/**
 * Live updates across failures of PostgreSQL: a crash, the promotion of a standby that has everything, and of one
 * that does not. Nothing is missed or duplicated, and a cursor is refused exactly when it has seen something that
 * is lost.
 */
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { createChangeFeed } from '../../src/events/changes/change-feed.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { openNotices } from '../../src/work/notices.ts';
import { seedFamily } from '../support/database.ts';
import { startOwnCluster } from '../support/own-cluster.ts';
import { openSilentProxy } from '../support/silent-proxy.ts';
import { startPair } from '../support/standby.ts';

let closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});
const soon = { timeout: 30_000, interval: 20 };

/** A node's change feed on a database, with its notices. */
async function openNode(url: string) {
  const db = await openDatabase({ url, poolSize: 4, logger: silentLogger });
  closing.push(() => db.close());
  const notices = await openNotices({ db, directUrl: url, logger: silentLogger });
  closing.push(() => notices.close());
  const feed = createChangeFeed({ db, notices });
  closing.push(() => feed.close());
  return { db, feed };
}
type Node = Awaited<ReturnType<typeof openNode>>;

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  closing.push(() => client.end().catch(() => undefined));
  return client;
}

const insert = async (client: pg.Client, familyId: string): Promise<string> => {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status)
     VALUES ($1, 'n' || substr(gen_random_uuid()::text, 1, 13), 'New', 'cancelled') RETURNING id`,
    [familyId],
  );
  return rows[0]?.id ?? '';
};

async function watch({ feed }: Node, after?: string) {
  const stream = await feed.subscribe({ topic: 'entry' }, after);
  const seen: { key: string; cursor: string }[] = [];
  let failure: unknown;
  const reading = (async () => {
    for await (const { key, cursor } of stream) seen.push({ key, cursor });
  })().catch((error: unknown) => {
    failure = error;
  });
  closing.push(async () => {
    await stream.return?.();
    await reading;
  });
  return { seen, keys: () => seen.map(({ key }) => key), failure: () => failure };
}
const EXPIRED = { extensions: { code: 'CURSOR_EXPIRED' } };

describe('a crash', () => {
  it('hands out numbers of transactions again, and what they write is told all the same', async () => {
    // The WAL writer sleeps: what no commit waits for stays in memory.
    const cluster = await startOwnCluster({ wal_writer_delay: '10s' });
    closing.push(() => cluster.remove());
    const node = await openNode(cluster.url);
    const { familyId } = await seedFamily(node.db);
    const client = await connect(cluster.url);
    await insert(client, familyId);
    const open = await watch(node);
    const cursor = await node.feed.cursor();
    let last = 0n;
    for (let n = 0; n < 20; n++) {
      await client.query('BEGIN');
      const { rows } = await client.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
      await client.query('ROLLBACK');
      last = BigInt(rows[0]?.id ?? 0);
    }
    const ahead = await node.feed.cursor();
    await cluster.crash();
    await cluster.start();

    const after = await connect(cluster.url);
    const key = await insert(after, familyId);
    const { rows } = await after.query<{ id: string }>('SELECT max(transaction_id)::text AS id FROM auth.changes');
    expect(BigInt(rows[0]?.id ?? 0)).toBeLessThanOrEqual(last);
    await expect.poll(open.keys, soon).toEqual([key]);
    for (const from of [cursor, ahead]) {
      const resumed = await watch(node, from);
      await expect.poll(resumed.keys, soon).toEqual([key]);
    }
    expect(open.failure()).toBeUndefined();
  });
});

describe('a promotion', () => {
  it('of a standby that has everything keeps cursors and open streams', async () => {
    const pair = await startPair();
    closing.push(() => pair.remove());
    await pair.setSynchronous(true);
    const way = await openSilentProxy(pair.primary.url);
    closing.push(() => way.close());
    const node = await openNode(way.url);
    const { familyId } = await seedFamily(node.db);
    const before = await connect(pair.primary.url);
    const start = await node.feed.cursor();
    const open = await watch(node);
    const keys = [await insert(before, familyId), await insert(before, familyId)];
    await expect.poll(open.keys, soon).toEqual(keys);
    // Committed, but not yet published to this client.
    keys.push(await insert(before, familyId));
    await pair.primary.crash();
    way.aim(pair.standbyUrl);
    await pair.promote();
    const after = await connect(pair.standbyUrl);
    keys.push(await insert(after, familyId));

    await expect.poll(open.keys, soon).toEqual(keys);
    expect(open.failure()).toBeUndefined();
    const cursors = [start, ...open.seen.map(({ cursor }) => cursor)];
    for (const [place, cursor] of cursors.entries()) {
      const resumed = await watch(node, cursor);
      await expect.poll(resumed.keys, soon).toEqual(keys.slice(place));
    }
  });

  it('of a standby that lacks the last changes ends what has seen them, and nothing else', async () => {
    const pair = await startPair();
    closing.push(() => pair.remove());
    const way = await openSilentProxy(pair.primary.url);
    closing.push(() => way.close());
    const node = await openNode(way.url);
    const { familyId } = await seedFamily(node.db);
    const before = await connect(pair.primary.url);
    await pair.setSynchronous(true);
    const open = await watch(node);
    const kept = await insert(before, familyId);
    await expect.poll(open.keys, soon).toEqual([kept]);
    await pair.setSynchronous(false);
    await pair.cutStandby();
    const lost = [await insert(before, familyId), await insert(before, familyId)];
    await expect.poll(open.keys, soon).toEqual([kept, ...lost]);
    await pair.primary.crash();
    way.aim(pair.standbyUrl);
    await pair.promote();
    // The transaction ids and sequences of the lost changes are assigned to others.
    const after = await connect(pair.standbyUrl);
    const others = [await insert(after, familyId), await insert(after, familyId), await insert(after, familyId)];

    await expect.poll(open.failure, soon).toMatchObject(EXPIRED);
    const [good = '', ...bad] = open.seen.map(({ cursor }) => cursor);
    for (const cursor of bad) await expect(watch(node, cursor)).rejects.toMatchObject(EXPIRED);
    const resumed = await watch(node, good);
    await expect.poll(resumed.keys, soon).toEqual(others);
  });
});
