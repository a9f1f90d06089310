/**
 * Bulk actions without a whole server: creates entries by the thousand, and nodes that have a runner but no worker,
 * so that the result of a bulk action stays unchanged.
 */
import { expect } from 'vitest';
import { createBulkRunner } from '../../src/accounts/bulk/bulk-runner.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import type { BulkAction, EntryStatus } from '../../src/database/generated/prisma/client.ts';
import { registerNode } from '../../src/nodes/nodes.ts';
import { beginningOf } from '../../src/sealing/jwe.ts';
import type { KeyRing } from '../../src/sealing/key-ring.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import type { Loop } from '../../src/work/loop.ts';
import { openNotices } from '../../src/work/notices.ts';
import { testContext } from './context.ts';
import { createTestDatabase, seedFamily } from './database.ts';

const KEY_ID = '00000000-0000-4000-8000-00000000000a';
/** Looks like a password sealed under the only key, but cannot be decrypted. */
export const SEALED = `${beginningOf(KEY_ID)}...`;

export interface EntryShape {
  readonly status?: EntryStatus;
  readonly hasPassword?: boolean;
  /** Default: one that looks sealed. */
  readonly password?: string;
  readonly hasFamily?: boolean;
  readonly needsLookup?: boolean;
  /** Default: a new one for each entry. */
  readonly username?: string;
}

export interface BulkNode {
  readonly id: string;
  readonly db: Database;
  readonly runner: Loop;
}

export type BulkTest = Awaited<ReturnType<typeof createBulkTest>>;

/** Creates a database with a family. `close` stops every node. */
export async function createBulkTest() {
  const database = await createTestDatabase();
  const { db, url } = database;
  const { familyId, ownerId } = await seedFamily(db);
  await db.query(
    `INSERT INTO auth.data_protection_keys (id, purpose, wrapped_key, master_key_id) VALUES ($1, 'seal', 'x', 'x')`,
    [KEY_ID],
  );
  // Logs each change of an entry by a bulk action, so that "exactly once" can be counted.
  await db.query('CREATE TABLE auth.bulk_test_changes (entry_id uuid NOT NULL)');
  await db.query(`
    CREATE FUNCTION auth.bulk_test_note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO auth.bulk_test_changes VALUES (NEW.id); RETURN NULL; END $$`);
  await db.query(`
    CREATE TRIGGER bulk_test_note AFTER UPDATE ON auth.queued_managed_account_creations
    FOR EACH ROW WHEN (NEW.bulk_action_id IS NOT NULL) EXECUTE FUNCTION auth.bulk_test_note()`);
  const closing: (() => Promise<void>)[] = [];
  let made = 0;

  async function startNode(wrap: (db: Database) => Database = (own) => own, leaseMs = 30_000): Promise<BulkNode> {
    const own = await openDatabase({ url, poolSize: 4, logger: silentLogger });
    const { id } = await registerNode(own, `bulk-${closing.length}`, '0.0.0');
    const notices = await openNotices({ db: own, directUrl: url, logger: silentLogger });
    const config = { LEASE_DURATION: leaseMs };
    const runner = createBulkRunner(testContext({ db: wrap(own), nodeId: id, notices, config }));
    closing.push(async () => {
      await runner.stop(5_000);
      await notices.close();
      await own.close();
    });
    return { id, db: own, runner };
  }

  return {
    db,
    /** Belongs to no node; its key ring can only digest. */
    context: testContext({ db, keyRing: { digest: (value: string) => value } as KeyRing }),
    url,
    familyId,
    ownerId,
    startNode,
    /** Inserts entries of one shape and returns their ids in the order of their usernames. */
    async insert(count: number, shape: EntryShape = {}): Promise<string[]> {
      const { status = 'failed', hasPassword = status !== 'completed', hasFamily = true, needsLookup = false } = shape;
      const first = made + 1;
      made += count;
      const rows = await db.query<{ id: string }>(
        `INSERT INTO auth.queued_managed_account_creations
           (family_id, created_by_user_id, username, full_name, status, next_retry_at, encrypted_password, needs_lookup,
            retry_count, failed_at, cancelled_at, last_error_code)
         SELECT CASE WHEN $1 THEN $2::uuid END, $3, coalesce($4, 'bulk_' || n), 'Carla Child', $5,
                CASE WHEN $5::auth.entry_status IN ('pending', 'processing') THEN now() + interval '1 hour' END,
                CASE WHEN $6 THEN $10 END, $7, 3,
                CASE WHEN $5::auth.entry_status = 'failed' THEN now() END,
                CASE WHEN $5::auth.entry_status = 'cancelled' THEN now() END, 'PROVIDER_UNAVAILABLE'
         FROM generate_series($8::int, $9::int) AS n
         RETURNING id`,
        [
          hasFamily,
          familyId,
          ownerId,
          shape.username ?? null,
          status,
          hasPassword,
          needsLookup,
          first,
          first + count - 1,
          shape.password ?? SEALED,
        ],
      );
      return rows.map(({ id }) => id);
    },
    async reset(): Promise<void> {
      await Promise.all(closing.splice(0).map((close) => close()));
      await db.query('TRUNCATE auth.queued_managed_account_creations, auth.bulk_actions CASCADE');
      await db.query('TRUNCATE auth.bulk_test_changes, auth.idempotency_keys');
      await db.query('DELETE FROM auth.users WHERE id <> $1', [ownerId]);
    },
    async close(): Promise<void> {
      await Promise.all(closing.splice(0).map((close) => close()));
      await database.drop();
    },
    action: (id: string): Promise<BulkAction> => db.prisma.bulkAction.findUniqueOrThrow({ where: { id } }),
    async untilStatus(id: string, status: BulkAction['status']): Promise<BulkAction> {
      await expect
        .poll(async () => (await db.prisma.bulkAction.findUniqueOrThrow({ where: { id } })).status, {
          timeout: 60_000,
          interval: 10,
        })
        .toBe(status);
      return db.prisma.bulkAction.findUniqueOrThrow({ where: { id } });
    },
    /** The number of changes to entries by bulk actions, and of different entries changed. */
    async changes(): Promise<{ changes: number; entries: number }> {
      const [row] = await db.query<{ changes: number; entries: number }>(
        'SELECT count(*)::int AS changes, count(DISTINCT entry_id)::int AS entries FROM auth.bulk_test_changes',
      );
      return row ?? { changes: -1, entries: -1 };
    },
    /** The skip codes of the entries that were left out when the action was applied, by entry id. */
    async skipped(id: string): Promise<Record<string, string | null>> {
      const rows = await db.prisma.bulkActionEntry.findMany({
        where: { bulkActionId: id, state: { in: ['skipped', 'kept'] } },
      });
      return Object.fromEntries(rows.map(({ entryId, skipCode }) => [entryId, skipCode]));
    },
    /** Ends the action's lease, as if its node had died long ago. */
    async expireLease(id: string): Promise<void> {
      await db.query(`UPDATE auth.bulk_actions SET lease_expires_at = now() - interval '1 second' WHERE id = $1`, [id]);
    },
  };
}
