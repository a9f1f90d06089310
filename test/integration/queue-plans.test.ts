/** Plans of the statements that write outcomes: they hold whatever size the tables had when they were planned. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type ClaimedEntry, claimDue, giveBack } from '../../src/accounts/claim.ts';
import { completeEntries, type MadeAccount } from '../../src/accounts/complete.ts';
import { failEntries } from '../../src/accounts/fail.ts';
import type { Database, Queryable, Transactional } from '../../src/database/database.ts';
import { failureOf } from '../../src/diagnosis/failure-messages.ts';
import { registerNode } from '../../src/nodes/nodes.ts';
import { testContext } from '../support/context.ts';
import { createTestQueue, PROVIDER, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;
let nodeId: string;

beforeAll(async () => {
  queue = await createTestQueue();
  nodeId = (await registerNode(queue.db, 'planner', '0.0.0')).id;
});
afterAll(() => queue?.close());
afterEach(() => vi.restoreAllMocks());

const claim = async (db: Queryable, count: number): Promise<ClaimedEntry[]> => {
  await queue.insertUnnoticed(count);
  return claimDue(db, { provider: PROVIDER, nodeId, leaseMs: 30_000 }, count);
};
const attempt = () => ({ startedAt: new Date(), finishedAt: new Date() });
const madeOf = (entry: ClaimedEntry): MadeAccount => ({
  entry,
  result: { kind: 'created', providerUserId: entry.id, wasAdopted: false, providerRequestId: 'request-1' },
  userId: randomUUID(),
  ...attempt(),
});

/** Keeps the texts of the statements that change entries. */
function spying(db: Database): { readonly spy: Database; readonly texts: string[] } {
  const texts: string[] = [];
  const watch = <T extends Queryable>(target: T): T => ({
    ...target,
    query: <Row>(sql: string, values?: readonly unknown[]) => {
      if (sql.includes('UPDATE auth.queued_managed_account_creations')) texts.push(sql);
      return target.query<Row>(sql, values);
    },
  });
  const spy: Database = {
    ...watch(db),
    transaction: (run, signal) => db.transaction((tx: Transactional) => run(watch(tx)), signal),
  };
  return { spy, texts };
}

it('outcomes find their entries by the primary key, however many others are finished', async () => {
  const { spy, texts } = spying(queue.db);
  const [made, failed, unstarted] = await claim(queue.db, 3);
  if (made === undefined || failed === undefined || unstarted === undefined) throw new Error('Nothing was claimed');
  await completeEntries(spy, PROVIDER, [madeOf(made)]);
  const context = testContext({
    db: spy,
    provider: { name: PROVIDER } as never,
    config: { CIRCUIT_FAILURE_THRESHOLD: 100 },
  });
  const failure = {
    ...failureOf('USERNAME_TAKEN'),
    needsLookup: false,
    lookupFinalAt: null,
    wasProviderAsked: true,
  };
  await failEntries(context, [{ entry: failed, failure, ...attempt() }]);
  await giveBack(spy, [unstarted]);
  expect(texts).toHaveLength(3);

  await queue.db.query(
    `INSERT INTO auth.queued_managed_account_creations (family_id, created_by_user_id, username, full_name, status, next_retry_at)
     SELECT $1, $2, 'finished_' || n, 'Finished', 'completed', NULL FROM generate_series(1, 20000) AS n`,
    [queue.familyId, queue.ownerId],
  );
  await queue.db.query('ANALYZE auth.queued_managed_account_creations');
  await queue.db.transaction(async (tx) => {
    await tx.query('SET LOCAL plan_cache_mode = force_generic_plan');
    for (const [index, text] of texts.entries()) {
      await tx.query(`PREPARE outcome_${index} AS ${text}`);
      const nulls = Array.from({ length: new Set(text.match(/\$\d/g)).size }, () => 'NULL').join();
      const lines = await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE outcome_${index}(${nulls})`);
      const plan = lines.map((line) => line['QUERY PLAN']).join('\n');
      expect(plan).toContain('using queued_managed_account_creations_pkey');
      expect(plan).not.toMatch(/Seq Scan on queued_managed|creations_(?!pkey)\w+idx/);
      await tx.query(`DEALLOCATE outcome_${index}`);
    }
  });
});

/** Rows that this connection has read by scanning the whole table, since some time before the transaction. */
async function scannedRows(tx: Queryable, table: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    'SELECT seq_tup_read::int AS count FROM pg_stat_xact_user_tables WHERE schemaname = $1 AND relname = $2',
    ['auth', table],
  );
  return row?.count ?? 0;
}

const insertUsers = (db: Queryable, name: string): Promise<unknown> =>
  db.query(
    `INSERT INTO auth.users (family_id, username, full_name, role)
     SELECT $1, $2 || n, 'Some Body', 'member' FROM generate_series(1, 2000) AS n`,
    [queue.familyId, name],
  );

it('the checks of foreign keys, planned while few users existed, do not read all users later', async () => {
  await queue.db.query('DELETE FROM auth.users WHERE id <> $1', [queue.ownerId]);
  await queue.db.query('VACUUM ANALYZE auth.users');
  await queue.db.transaction(async (tx) => {
    // Enough for the connection to keep its plans.
    for (const entry of await claim(queue.db, 8)) await completeEntries(tx, PROVIDER, [madeOf(entry)]);
    await insertUsers(tx, 'imported_');
    const before = await scannedRows(tx, 'users');
    await completeEntries(tx, PROVIDER, (await claim(queue.db, 8)).map(madeOf));
    expect(await scannedRows(tx, 'users')).toBe(before);
  });
});

it('a plan from when a table was small is dropped after some seconds', async () => {
  const table = 'family_member_invitations';
  const find = async (): Promise<number> =>
    queue.db.transaction(async (tx) => {
      const before = await scannedRows(tx, table);
      await tx.query(`SELECT 1 FROM auth.${table} WHERE family_id = $1`, [randomUUID()]);
      return (await scannedRows(tx, table)) - before;
    });
  const insert = (count: number): Promise<unknown> =>
    queue.db.query(
      `INSERT INTO auth.${table} (family_id, email, role, invitation_token, invitation_display_code, invited_by_user_id, expires_at)
       SELECT $1, 'a@example.org', 'member', gen_random_uuid()::text, 'CODE', $2, now() FROM generate_series(1, $3)`,
      [queue.familyId, queue.ownerId, count],
    );
  let now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  await insert(1);
  await queue.db.query(`VACUUM ANALYZE auth.${table}`);
  // The statement's plan is kept after a few executions.
  for (let i = 0; i < 8; i++) await find();
  await insert(5_000);
  expect(await find()).toBe(5_001);
  now += 10_000;
  // Old plans are dropped after the work, so that nothing waits for it.
  await find();
  expect(await find()).toBe(0);
});
