/**
 * One client watches through disconnections while three writers change entries in overlapping transactions that
 * commit in shuffled order. Each reconnection uses a random feed, as if it reached another node. All choices derive
 * from a seed.
 */
import fc from 'fast-check';
import pg from 'pg';
import { OURS, openDatabase } from '../../src/database/database.ts';
import { createChangeFeed } from '../../src/events/changes/change-feed.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { openNotices } from '../../src/work/notices.ts';
import { seedFamily, type TestDatabase } from './database.ts';

const WRITERS = 3;
/** Transactions that each writer has open at once. */
const OPEN_AT_ONCE = 4;

export interface Watching {
  readonly seed: number;
  /** The minimum number of changes, of one row each. */
  readonly changes: number;
  readonly disconnections: number;
}

/**
 * Runs it to the end. Returns the changes that the client missed and those it received twice (both should be
 * empty), and the number of changes written.
 */
export async function watchThroughDisconnections(
  { db, url }: TestDatabase,
  { seed, changes, disconnections }: Watching,
): Promise<{ missed: string[]; doubled: string[]; count: number }> {
  const random = dice(seed);
  const { familyId } = await seedFamily(db);
  const nodes = await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const own = await openDatabase({ url, poolSize: 3, logger: silentLogger });
      const notices = await openNotices({ db: own, directUrl: url, logger: silentLogger });
      return { own, notices, feed: createChangeFeed({ db: own, notices }) };
    }),
  );
  const sequences = new Map<string, number>();
  const doubled: string[] = [];
  let isOver = false;
  /** The last change before the test; every change is identified by its row in auth.changes. */
  const [before] = await db.query<{ last: string }>(
    'SELECT coalesce(max(sequence), 0)::text AS last FROM auth.changes',
  );
  const start = await nodes[0]?.feed.cursor();

  const client = (async () => {
    let after = start;
    let left = disconnections;
    const isComplete = async (): Promise<boolean> => {
      if (!isOver) return false;
      const [row] = await db.query<{ count: number }>(
        `SELECT coalesce(sum(cardinality(keys)), 0)::int AS count FROM auth.changes WHERE topic = 'entry' AND sequence > $1::bigint`,
        [before?.last],
      );
      return sequences.size >= (row?.count ?? 0);
    };
    for (;;) {
      const node = nodes[random(nodes.length)];
      const stream = await node?.feed.subscribe({ topic: 'entry' }, after);
      if (stream === undefined) throw new Error('There is no node');
      // Keep reading well after the last change, so that a duplicate would still arrive.
      const most = left > 0 ? random(Math.ceil((2 * changes) / disconnections)) : Number.POSITIVE_INFINITY;
      let coming = stream.next();
      for (let taken = 0; taken < most; ) {
        const next = await Promise.race([coming, quiet()]);
        if (next === undefined) {
          if (await isComplete()) break;
          continue;
        }
        if (next.done === true) break;
        taken += 1;
        coming = stream.next();
        const { position, cursor } = next.value;
        const name = `${position.transactionId}.${position.sequence}.${position.index}`;
        if (sequences.has(name)) doubled.push(name);
        sequences.set(name, taken);
        after = cursor;
      }
      await stream.return?.();
      left -= 1;
      if (await isComplete()) return;
    }
  })();

  const writers = nodes.map(async ({ notices }, index) => {
    const connections = await Promise.all(
      Array.from({ length: OPEN_AT_ONCE }, async () => {
        const connection = new pg.Client({ connectionString: url });
        await connection.connect();
        return connection;
      }),
    );
    for (let made = 0; made < changes / WRITERS; ) {
      for (const connection of connections) {
        await connection.query('BEGIN');
        for (let rows = 1 + random(3); rows > 0; rows--) {
          made += 1;
          await connection.query(
            `${OURS}INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status)
             VALUES ($1, 'w${index}_' || substr(gen_random_uuid()::text, 1, 13), 'Written', 'cancelled')`,
            [familyId],
          );
        }
      }
      for (const connection of shuffled(connections, random)) {
        await connection.query(random(10) === 0 ? 'ROLLBACK' : 'COMMIT');
        notices.notify('changes');
      }
    }
    for (const connection of connections) await connection.end();
  });
  await Promise.all(writers);
  isOver = true;
  await client;
  const written = await db.query<{ name: string }>(
    `SELECT transaction_id || '.' || sequence || '.' || place - 1 AS name
     FROM auth.changes CROSS JOIN LATERAL generate_subscripts(keys, 1) AS place WHERE topic = 'entry' AND sequence > $1::bigint`,
    [before?.last],
  );
  for (const { feed, notices, own } of nodes) {
    feed.close();
    await notices.close();
    await own.close();
  }
  return {
    missed: written.map(({ name }) => name).filter((name) => !sequences.has(name)),
    doubled,
    count: written.length,
  };
}

/** Resolves after 250 ms: an event in flight arrives within milliseconds. */
const quiet = (): Promise<undefined> => new Promise((resolve) => setTimeout(() => resolve(undefined), 250));

/** Pseudo-random integers below `n`, reproducible from the seed. */
function dice(seed: number): (n: number) => number {
  const values = fc.sample(fc.nat({ max: 1_000_003 }), { seed, numRuns: 50_000 });
  let next = 0;
  return (n) => (values[next++ % values.length] ?? 0) % n;
}

const shuffled = <T>(items: readonly T[], random: (n: number) => number): T[] =>
  items
    .map((item) => ({ item, order: random(1_000_003) }))
    .sort((one, other) => one.order - other.order)
    .map(({ item }) => item);
