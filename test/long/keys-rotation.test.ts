/**
 * A key is rotated and 100,000 passwords are re-encrypted under a load of 200 entries a second, and the node that
 * does it is killed meanwhile: another continues, every password can be decrypted under the new key, attempted
 * entries complete, and the old key is retired.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginningOf } from '../../src/sealing/jwe.ts';
import { openKeyRing } from '../../src/sealing/key-ring.ts';
import { parseMasterKey } from '../../src/sealing/master-key.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { countByStatus } from '../support/entries.ts';
import { otherOutcomes, showFigures } from '../support/flow.ts';
import { createProcesses, type ServerProcess, until } from '../support/process.ts';

const COUNT = 100_000;
const ATTEMPTED = COUNT / 10;
const SLICE = 5_000;
/** 20 accounts ten times a second. */
const ITEMS = 20;
const EVERY_MS = 100;
const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
const PASSWORD = 'Correct-Horse-Battery-7';

const processes = createProcesses();
let database: TestDatabase;
let nodes: ServerProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await processes.endAll();
  await database?.drop();
});

test('rotate, seal anew, retire, with a kill in the middle', { timeout: 600_000 }, async () => {
  const { db } = database;
  const { familyId, ownerId } = await seedFamily(db);
  const provider = await processes.startProvider({ databaseUrl: database.url });
  const env = {
    DATABASE_URL: database.url,
    MASTER_KEY,
    PROVIDER_TIMEOUT: '2s',
    LEASE_DURATION: '6s',
    HEARTBEAT_INTERVAL: '500ms',
    ...provider.env,
  };
  nodes = await Promise.all([processes.startNode(env), processes.startNode(env)]);
  const ring = await openKeyRing(db, parseMasterKey(MASTER_KEY, 'the test'));
  const oldId = ring.sealingKeyId;
  for (let from = 0; from < COUNT; from += SLICE) {
    const ids = Array.from({ length: SLICE }, () => randomUUID());
    await db.query(
      `INSERT INTO auth.queued_managed_account_creations (id, family_id, username, full_name, encrypted_password, created_by_user_id, next_retry_at)
       SELECT e.id, $3, 'kept_' || ($5::int + e.n), 'Carla Child', e.sealed, $4, now() + interval '1 day'
       FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS e(id, sealed, n)`,
      [ids, ids.map((id) => ring.seal(PASSWORD, id)), familyId, ownerId, from],
    );
  }
  await db.query('ANALYZE auth.queued_managed_account_creations');

  const flow = startFlow({ familyId, createdByUserId: ownerId });
  await until('entries to flow', async () => ((await countByStatus(db)).completed ?? 0) > 500, 30_000);

  const { newId } = await rotate();
  const begun = performance.now();
  const flownBefore = flow.accepted();
  const resealingId = await reseal();
  await until('half of them', async () => (await progress(resealingId)).resealedCount > COUNT / 2, 300_000);
  const holder = await pidOfHolder(resealingId);
  const dying = nodes.find(({ pid }) => pid === holder);
  if (dying === undefined) throw new Error(`No node has the process id ${holder}.`);
  nodes = nodes.filter((node) => node !== dying);
  dying.kill('SIGKILL');
  await dying.exited;
  const atKill = await progress(resealingId);
  expect(atKill.status).toBe('running');
  const finished = await until(
    'the re-encryption to finish on another node',
    async () => {
      const found = await progress(resealingId);
      return found.status === 'finished' && found;
    },
    300_000,
  );
  const resealMs = performance.now() - begun;
  const flownMeanwhile = flow.accepted() - flownBefore;
  expect(await pidOfHolder(resealingId)).not.toBe(holder);
  expect(finished).toMatchObject({ skippedCount: 0 });
  expect(finished.resealedCount).toBeGreaterThanOrEqual(COUNT);

  const retired = await until('the old key to be retired', async () => {
    const answer = await ask<{ retireEncryptionKey: { __typename: string } }>(
      'mutation ($input: RetireEncryptionKeyInput!) { retireEncryptionKey(input: $input) { __typename ... on MutationError { message } } }',
      { input: { keyId: oldId } },
    );
    return answer.retireEncryptionKey.__typename === 'RetireEncryptionKeyPayload' && answer;
  });
  expect(retired).toBeDefined();
  const [old] = await db.query(
    'SELECT wrapped_key, retired_at IS NOT NULL AS retired FROM auth.data_protection_keys WHERE id = $1',
    [oldId],
  );
  expect(old).toEqual({ wrapped_key: null, retired: true });
  const [left] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations
     WHERE encrypted_password IS NOT NULL AND substr(encrypted_password, 1, 96) <> $1`,
    [beginningOf(newId)],
  );
  expect(left?.count).toBe(0);

  // Each password can be decrypted under the new key, and a tenth of the entries is attempted with it.
  const renewed = await openKeyRing(db, parseMasterKey(MASTER_KEY, 'the test'));
  const kept = await db.query<{ id: string; sealed: string }>(
    `SELECT id, encrypted_password AS sealed FROM auth.queued_managed_account_creations WHERE username LIKE 'kept\\_%'`,
  );
  expect(kept).toHaveLength(COUNT);
  expect(kept.filter(({ id, sealed }) => renewed.unseal(sealed, id) !== PASSWORD)).toEqual([]);
  const accepted = await flow.end();
  const drainBegun = performance.now();
  await db.query(
    `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() WHERE status = 'pending' AND username LIKE 'kept\\_%0'`,
  );
  await db.query(`SELECT pg_notify('family_hub_jobs', '{"work":true}')`);
  await until(
    'everything to end',
    async () => {
      const { pending = 0, processing = 0 } = await countByStatus(db);
      return pending + processing === COUNT - ATTEMPTED;
    },
    420_000,
  );
  expect(await countByStatus(db)).toEqual({ completed: ATTEMPTED + accepted, pending: COUNT - ATTEMPTED });
  const others = await otherOutcomes(db);
  expect(Object.keys(others).filter((code) => code !== 'ATTEMPT_INTERRUPTED')).toEqual([]);
  const [reasons] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations
     WHERE password_destroyed_because = 'completed' AND password_destroyed_at IS NOT NULL`,
  );
  expect(reasons?.count).toBe(ATTEMPTED + accepted);
  showFigures('rotate and seal anew', {
    resealSeconds: Math.round(resealMs / 100) / 10,
    resealedPerSecond: Math.round((COUNT * 1_000) / resealMs),
    resealedAtKill: atKill.resealedCount,
    flowPerSecond: Math.round((flownMeanwhile * 1_000) / resealMs),
    accepted,
    interrupted: others.ATTEMPT_INTERRUPTED ?? 0,
    drainPerSecond: Math.round((ATTEMPTED * 1_000) / (performance.now() - drainBegun)),
  });

  /** Sends a query to any node that responds. */
  async function ask<Data>(query: string, variables: object = {}): Promise<Data> {
    for (const node of nodes) {
      const answer = await node.graphql<Data>(query, variables).catch(() => undefined);
      if (answer !== undefined) return answer.data;
    }
    throw new Error('No node answers.');
  }

  async function rotate(): Promise<{ newId: string }> {
    const answer = await ask<{ rotateEncryptionKey: { encryptionKey: { keyId: string } } }>(
      'mutation { rotateEncryptionKey(input: { reason: "the test" }) { ... on RotateEncryptionKeyPayload { encryptionKey { keyId } } } }',
    );
    const newId = answer.rotateEncryptionKey.encryptionKey.keyId;
    await until('both nodes to seal under the new key', async () => {
      const told = await db.query('SELECT 1 FROM auth.server_nodes WHERE sealing_key_id = $1', [newId]);
      return told.length === 2;
    });
    return { newId };
  }

  async function reseal(): Promise<string> {
    const answer = await ask<{ resealEntries: { resealing: { resealingId: string } } }>(
      'mutation { resealEntries(input: { perSecond: 5000 }) { ... on ResealEntriesPayload { resealing { resealingId } } } }',
    );
    return answer.resealEntries.resealing.resealingId;
  }

  function progress(id: string) {
    return db.prisma.resealing.findUniqueOrThrow({ where: { id } });
  }

  async function pidOfHolder(id: string): Promise<number | undefined> {
    const [node] = await db.query<{ pid: number }>(
      'SELECT n.process_id AS pid FROM auth.resealings r JOIN auth.server_nodes n ON n.id = r.lease_node_id WHERE r.id = $1',
      [id],
    );
    return node?.pid;
  }
});

/** Enqueues 200 accounts a second in requests of 20, each retried under its idempotency key until a node responds. */
function startFlow(account: { familyId: string; createdByUserId: string }) {
  let accepted = 0;
  let isOver = false;
  const pending = new Set<Promise<void>>();
  const send = async (batch: number): Promise<void> => {
    const items = Array.from({ length: ITEMS }, (_, index) => ({
      ...account,
      username: `flow_${batch}_${index}`,
      fullName: 'Flora Flow',
      password: PASSWORD,
    }));
    const input = { items, idempotencyKey: `flow_${batch}` };
    let turn = batch;
    const count = await until(
      `an answer for batch ${batch}`,
      async () => {
        const node = nodes[turn++ % nodes.length];
        const answer = await node
          ?.graphql<{ enqueueAccounts: { acceptedCount: number } }>(
            'mutation ($input: EnqueueAccountsInput!) { enqueueAccounts(input: $input) { ... on EnqueueAccountsPayload { acceptedCount } } }',
            { input },
          )
          .catch(() => undefined);
        return answer?.data?.enqueueAccounts?.acceptedCount;
      },
      90_000,
    );
    accepted += count;
  };
  const pacing = (async () => {
    const begun = performance.now();
    for (let batch = 0; !isOver; batch++) {
      const sent = send(batch).finally(() => pending.delete(sent));
      pending.add(sent);
      await delay(Math.max(0, begun + (batch + 1) * EVERY_MS - performance.now()));
    }
  })();
  return {
    accepted: () => accepted,
    async end(): Promise<number> {
      isOver = true;
      await pacing;
      await Promise.all(pending);
      return accepted;
    },
  };
}
