/** The setting of a benchmark: a separate durable database, a provider process, and entries to work on. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../src/database/database.ts';
import { migrate } from '../src/database/migrations.ts';
import { seedDemoFamily } from '../src/families/demo.ts';
import { registerNode } from '../src/nodes/nodes.ts';
import { type KeyRing, openKeyRing } from '../src/sealing/key-ring.ts';
import { embeddedMasterKeyPath, parseMasterKey } from '../src/sealing/master-key.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { startBenchDatabase } from './embedded.ts';
import { type ProviderProcess, startProvider } from './provider-process.ts';

export interface Setting {
  readonly db: Database;
  readonly url: string;
  /** PostgreSQL’s data folder. */
  readonly pgData: string;
  readonly keyRing: KeyRing;
  readonly nodeId: string;
  readonly provider: ProviderProcess;
  readonly providerUrl: string;
  /** In base64, for other processes. */
  readonly masterKey: string;
  close(): Promise<void>;
}

export interface SettingOptions {
  readonly latencyMs?: number;
  /** A folder of its own in BENCH_DATA_DIR, for a benchmark with several databases. */
  readonly name?: string;
  /** Settings of the embedded PostgreSQL. */
  readonly postgres?: Readonly<Record<string, string>>;
}

export async function openSetting({ latencyMs = 5, name = '', postgres }: SettingOptions = {}): Promise<Setting> {
  const folder = process.env.BENCH_DATA_DIR;
  const kept = folder === undefined ? undefined : join(folder, name);
  const dataDir = kept ?? (await mkdtemp(join(tmpdir(), 'family-hub-bench-')));
  const database = await startBenchDatabase(dataDir, postgres);
  await migrate({ url: database.url, logger: silentLogger });
  const db = await openDatabase({ url: database.url, poolSize: 12, workTimeoutMs: 600_000, logger: silentLogger });
  const keyFile = embeddedMasterKeyPath(dataDir);
  if (!existsSync(keyFile)) writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const masterKey = readFileSync(keyFile, 'utf8');
  const keyRing = await openKeyRing(db, parseMasterKey(masterKey, 'the benchmark'));
  await seedDemoFamily(db);
  const node = await registerNode(db, 'bench', '0');
  const provider = await startProvider(latencyMs);
  return {
    db,
    masterKey,
    url: database.url,
    pgData: database.pgData,
    keyRing,
    nodeId: node.id,
    provider,
    providerUrl: provider.url,
    async close() {
      provider.close();
      await db.close();
      await database.leave();
      if (kept === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Deletes all entries, attempts and events, and all users but the owner. */
export async function clearEntries(db: Database): Promise<void> {
  await db.query(
    'TRUNCATE auth.queued_managed_account_creations, auth.account_creation_attempts, auth.outbox_events, auth.bulk_action_entries, auth.resealing_skips',
  );
  await db.query(`DELETE FROM auth.users WHERE role <> 'owner'`);
}

/**
 * Replaces the entries of an earlier round with `count` due ones (due in an hour, if held); entries of
 * million.ts stay.
 */
export async function fill({ db, keyRing }: Setting, count: number, { isHeld = false } = {}): Promise<void> {
  const [past] = await db.query<{ exists: boolean }>(
    `SELECT EXISTS (SELECT FROM auth.families WHERE name = 'Family 1') AS exists`,
  );
  if (past?.exists) {
    await db.query(
      `DELETE FROM auth.outbox_events WHERE created_at > (SELECT min(created_at) FROM auth.queued_managed_account_creations WHERE username LIKE 'user\\_%')`,
    );
    await db.query(`DELETE FROM auth.queued_managed_account_creations WHERE username LIKE 'user\\_%'`);
    await db.query(`DELETE FROM auth.users WHERE username LIKE 'user\\_%'`);
  } else {
    await clearEntries(db);
  }
  const rows = Array.from({ length: count }, (_, index) => {
    const id = randomUUID();
    return { id, username: `user_${index}`, sealed: keyRing.seal('correct horse battery', id) };
  });
  await db.query(
    `INSERT INTO auth.queued_managed_account_creations (id, family_id, username, full_name, encrypted_password, created_by_user_id, next_retry_at)
     SELECT r.id, u.family_id, r.username, 'Some Body', r.sealed, u.id, now() + $2 * interval '1 hour'
     FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, username text, sealed text), (SELECT id, family_id FROM auth.users WHERE role = 'owner' ORDER BY created_at LIMIT 1) u`,
    [JSON.stringify(rows), isHeld ? 1 : 0],
  );
  await db.query(
    'VACUUM ANALYZE auth.queued_managed_account_creations, auth.users, auth.account_creation_attempts, auth.outbox_events',
  );
  await db.query('CHECKPOINT');
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
