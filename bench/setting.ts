/** What every benchmark needs: a durable database of its own, a provider process, entries to work on. */
import { fork } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../src/database/database.ts';
import { startEmbedded } from '../src/database/embedded/embedded.ts';
import { migrate } from '../src/database/migrations.ts';
import { seedDemoFamily } from '../src/families/demo.ts';
import { registerNode } from '../src/nodes/nodes.ts';
import { type KeyRing, openKeyRing } from '../src/sealing/key-ring.ts';
import { silentLogger } from '../src/telemetry/logger.ts';

export interface Setting {
  readonly db: Database;
  readonly url: string;
  readonly keyRing: KeyRing;
  readonly nodeId: string;
  readonly providerUrl: string;
  close(): Promise<void>;
}

export async function openSetting(): Promise<Setting> {
  const dataDir = await mkdtemp(join(tmpdir(), 'family-hub-bench-'));
  const embedded = await startEmbedded({ dataDir, logger: silentLogger });
  await migrate({ url: embedded.url, logger: silentLogger });
  const db = await openDatabase({ url: embedded.url, poolSize: 12, logger: silentLogger });
  const keyRing = await openKeyRing(db, { key: randomBytes(32), id: 'bench', source: 'bench' });
  await seedDemoFamily(db);
  const node = await registerNode(db, 'bench', '0');
  const provider = fork(new URL('./provider.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (provider.stdout === null) throw new Error('The provider has no output');
  const [port] = (await once(provider.stdout, 'data')) as [Buffer];
  return {
    db,
    url: embedded.url,
    keyRing,
    nodeId: node.id,
    providerUrl: `http://127.0.0.1:${port.toString().trim()}`,
    async close() {
      provider.disconnect();
      await db.close();
      await embedded.leave();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Replaces whatever is queued by `count` due entries. */
export async function fill({ db, keyRing }: Setting, count: number): Promise<void> {
  await db.query(
    'TRUNCATE auth.queued_managed_account_creations, auth.account_creation_attempts, auth.outbox_events, auth.bulk_action_entries',
  );
  await db.query(`DELETE FROM auth.users WHERE role <> 'owner'`);
  const rows = Array.from({ length: count }, (_, index) => {
    const id = randomUUID();
    return { id, username: `user_${index}`, sealed: keyRing.seal('correct horse battery', id) };
  });
  await db.query(
    `INSERT INTO auth.queued_managed_account_creations (id, family_id, username, full_name, encrypted_password, created_by_user_id)
     SELECT r.id, u.family_id, r.username, 'Some Body', r.sealed, u.id
     FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, username text, sealed text), (SELECT id, family_id FROM auth.users LIMIT 1) u`,
    [JSON.stringify(rows)],
  );
  await db.query(
    'VACUUM ANALYZE auth.queued_managed_account_creations, auth.users, auth.account_creation_attempts, auth.outbox_events',
  );
  await db.query('CHECKPOINT');
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
