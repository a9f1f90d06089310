/** The setting of a benchmark: a separate durable database, a provider process, and entries to work on. */
import { fork } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
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

export interface Setting {
  readonly db: Database;
  readonly url: string;
  /** PostgreSQL’s data folder. */
  readonly pgData: string;
  readonly keyRing: KeyRing;
  readonly nodeId: string;
  readonly providerUrl: string;
  /** In base64, for other processes. */
  readonly masterKey: string;
  /** Waits for an entry’s request at the provider; resolves to its arrival in epoch milliseconds. */
  arrivalOf(entryId: string): Promise<number>;
  close(): Promise<void>;
}

export interface SettingOptions {
  readonly latencyMs?: number;
  /** Must be true for `arrivalOf` to work. */
  readonly tellsArrivals?: boolean;
}

export async function openSetting({ latencyMs = 5, tellsArrivals = false }: SettingOptions = {}): Promise<Setting> {
  const kept = process.env.BENCH_DATA_DIR;
  const dataDir = kept ?? (await mkdtemp(join(tmpdir(), 'family-hub-bench-')));
  const embedded = await startBenchDatabase(dataDir);
  await migrate({ url: embedded.url, logger: silentLogger });
  const db = await openDatabase({ url: embedded.url, poolSize: 12, workTimeoutMs: 600_000, logger: silentLogger });
  const keyFile = embeddedMasterKeyPath(dataDir);
  const masterKey = existsSync(keyFile) ? readFileSync(keyFile, 'utf8') : randomBytes(32).toString('base64');
  const keyRing = await openKeyRing(db, parseMasterKey(masterKey, 'the benchmark'));
  await seedDemoFamily(db);
  const node = await registerNode(db, 'bench', '0');
  const provider = fork(new URL('./provider.ts', import.meta.url), [String(latencyMs), tellsArrivals ? 'tell' : ''], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (provider.stdout === null) throw new Error('The provider has no output');
  const [port] = (await once(provider.stdout, 'data')) as [Buffer];
  const arrivals = new Map<string, number>();
  const awaited = new Map<string, (at: number) => void>();
  provider.on('message', ({ id, at }: { id: string; at: number }) => {
    arrivals.set(id, at);
    awaited.get(id)?.(at);
  });
  return {
    db,
    masterKey,
    arrivalOf: (id) =>
      new Promise((resolve) => {
        const at = arrivals.get(id);
        if (at === undefined) awaited.set(id, resolve);
        else resolve(at);
      }),
    url: embedded.url,
    pgData: join(dataDir, 'postgres', 'cluster'),
    keyRing,
    nodeId: node.id,
    providerUrl: `http://127.0.0.1:${port.toString().trim()}`,
    async close() {
      provider.disconnect();
      await db.close();
      await embedded.leave();
      if (kept === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
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
  } else {
    await db.query(
      'TRUNCATE auth.queued_managed_account_creations, auth.account_creation_attempts, auth.outbox_events, auth.bulk_action_entries, auth.resealing_skips',
    );
  }
  await db.query(`DELETE FROM auth.users WHERE username LIKE 'user\\_%'`);
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
