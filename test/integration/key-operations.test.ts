/**
 * The key ring in operation: two nodes, a stream of entries, a new key, re-encrypted passwords, the old key
 * destroyed. Every password can be decrypted, no changed password is overwritten, and nothing is encrypted under a
 * destroyed key, not even by a node that was suspended all the time.
 */

import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enqueueAccount, type NewEntry } from '../../src/accounts/enqueue.ts';
import { beginningOf, seal } from '../../src/sealing/jwe.ts';
import { KeyInUseError } from '../../src/sealing/key.errors.ts';
import { type KeyRing, openKeyRing, openSealed } from '../../src/sealing/key-ring.ts';
import { resealEntries } from '../../src/sealing/resealing.ts';
import { createResealingRunner } from '../../src/sealing/resealing-runner.ts';
import { retireEncryptionKey } from '../../src/sealing/retire.ts';
import { rotateEncryptionKey } from '../../src/sealing/rotate.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { testContext } from '../support/context.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

const PASSWORD = 'Correct-Horse-Battery-7';
const SILENCE_MS = 600;
let database: TestDatabase;
let family: { familyId: string; ownerId: string };
let one: TestApp;
let two: TestApp;
let hold: Promise<void> | undefined;
let held = 0;
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  const config = { HEARTBEAT_INTERVAL: SILENCE_MS / 3 };
  one = await startTestApp({
    url: database.url,
    config,
    nodeName: 'one',
    simulatorOptions: {
      async onRequest() {
        if (hold === undefined) return;
        held++;
        await hold;
      },
    },
  });
  two = await startTestApp({ url: database.url, config, nodeName: 'two', simulator: one.simulator });
});
afterAll(async () => {
  await Promise.all([one?.close(), two?.close()]);
  await database?.drop();
});
beforeEach(async () => {
  hold = undefined;
  held = 0;
  await database.db.query('TRUNCATE auth.queued_managed_account_creations, auth.resealings CASCADE');
});

const contextOf = ({ db, audit, keyRing, notices, config }: TestApp) =>
  testContext({ db, trail: audit.trail, keyRing, notices, config });
const activeKeyId = () => one.keyRing.sealingKeyId;

/** Rotates the key, waits until both nodes report that they encrypt with the new one, and returns both ids. */
async function rotate(): Promise<{ oldId: string; newId: string }> {
  const oldId = activeKeyId();
  const { keyId: newId } = await rotateEncryptionKey(contextOf(one), {}, 100);
  await until('both nodes to seal under the new key', async () => {
    const nodes = await database.db.query('SELECT 1 FROM auth.server_nodes WHERE sealing_key_id = $1', [newId]);
    return nodes.length === 2;
  });
  return { oldId, newId };
}

/** Inserts entries due tomorrow, encrypted with a ring's key or with the given text as password. */
async function insert(count: number, ring: KeyRing = one.keyRing, text?: string): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await database.db.query(
    `INSERT INTO auth.queued_managed_account_creations (id, family_id, username, full_name, encrypted_password, created_by_user_id, next_retry_at)
     SELECT e.id, $3, e.name, 'Carla Child', e.sealed, $4, now() + interval '1 day' FROM unnest($1::uuid[], $2::text[], $5::text[]) AS e(id, sealed, name)`,
    [
      ids,
      ids.map((id) => text ?? ring.seal(PASSWORD, id)),
      family.familyId,
      family.ownerId,
      ids.map(() => `kept_${++made}`),
    ],
  );
  return ids;
}

const entry = (id: string) => database.db.prisma.queuedCreation.findUniqueOrThrow({ where: { id } });
const resealing = (id: string) => database.db.prisma.resealing.findUniqueOrThrow({ where: { id } });
const untilFinished = (id: string) =>
  until('the re-encryption to finish', async () => {
    const found = await resealing(id);
    return found.status === 'finished' && found;
  });

describe('rotation', () => {
  it('under load: everything completes, on both nodes, and both take the new key', async () => {
    const before = activeKeyId();
    let isOver = false;
    const enqueue = async (node: TestApp): Promise<number> => {
      let count = 0;
      while (!isOver) {
        const answer = await node.graphql<{ enqueueAccount: { __typename: string } }>(
          'mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename } }',
          {
            input: {
              familyId: family.familyId,
              createdByUserId: family.ownerId,
              username: `flow_${++made}`,
              fullName: 'Flora Flow',
              password: PASSWORD,
            },
          },
        );
        expect(answer.body.data.enqueueAccount.__typename).toBe('EnqueueAccountPayload');
        count++;
      }
      return count;
    };
    const flowing = Promise.all([one, two, one, two].map(enqueue));
    const { newId } = await rotate();
    await until('the new key to be used', async () => {
      const [key] = await database.db.query(
        'SELECT 1 FROM auth.data_protection_keys WHERE id = $1 AND last_used_at IS NOT NULL',
        [newId],
      );
      return key !== undefined;
    });
    const sofar = await countOf('completed');
    await until('entries to flow under it', async () => (await countOf('completed')) > sofar + 100);
    isOver = true;
    const counts = await flowing;
    const total = counts.reduce((sum, count) => sum + count, 0);
    await until('every entry to end', async () => (await countOf('completed')) === total);
    expect(await countOf('failed')).toBe(0);
    const attempts = await database.db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM auth.account_creation_attempts WHERE outcome <> 'succeeded'`,
    );
    expect(attempts[0]?.count).toBe(0);
    expect(newId).not.toBe(before);
    expect(total).toBeGreaterThan(100);
  });

  it('is not seen by a node that hears nothing, until it meets the key', async () => {
    const deaf = await openKeyRing(two.db, ...one.keyRing.masters);
    await rotate();
    const [entryId] = await insert(1);
    const { encryptedPassword } = await entry(entryId ?? '');
    expect(() => deaf.unseal(encryptedPassword ?? '', entryId ?? '')).toThrow('a key that the key ring does not hold');
    expect(await openSealed(deaf, encryptedPassword ?? '', entryId ?? '')).toBe(PASSWORD);
    await expect(
      openSealed(deaf, seal('x', entryId ?? '', randomUUID(), randomBytes(32)), entryId ?? ''),
    ).rejects.toThrow('does not hold');
  });
});

describe('sealing anew', () => {
  it('brings everything under the active key, names what it cannot open, and lets the old key go', async () => {
    const ids = await insert(250);
    const [written] = await insert(1, one.keyRing, 'written by hand');
    const before = await entry(ids[0] ?? '');
    const { oldId, newId } = await rotate();
    await expect(retireEncryptionKey(contextOf(two), { keyId: oldId })).rejects.toMatchObject({ inUseCount: 250 });

    const { resealingId } = await resealEntries(contextOf(two), { perSecond: 10_000, reason: 'a test' });
    expect(await untilFinished(resealingId)).toMatchObject({ totalCount: 251, resealedCount: 250, skippedCount: 1 });
    const skips = await database.db.prisma.resealingSkip.findMany();
    expect(skips).toEqual([{ resealingId, entryId: written, problem: 'it is not sealed' }]);
    for (const id of ids.slice(0, 20)) {
      const { encryptedPassword } = await entry(id);
      expect(encryptedPassword?.startsWith(beginningOf(newId))).toBe(true);
      expect(one.keyRing.unseal(encryptedPassword ?? '', id)).toBe(PASSWORD);
    }
    expect(await entry(ids[0] ?? '')).toEqual({ ...before, encryptedPassword: expect.any(String) });
    expect((await entry(written ?? '')).encryptedPassword).toBe('written by hand');

    const dumped = before.encryptedPassword ?? '';
    expect(await retireEncryptionKey(contextOf(one), { keyId: oldId })).toEqual({ keyId: oldId, isChanged: true });
    expect(await retireEncryptionKey(contextOf(two), { keyId: oldId })).toEqual({ keyId: oldId, isChanged: false });
    const [row] = await database.db.query('SELECT wrapped_key FROM auth.data_protection_keys WHERE id = $1', [oldId]);
    expect(row).toEqual({ wrapped_key: null });
    // An old dump together with the master key decrypts nothing any more.
    const fresh = await openKeyRing(two.db, ...one.keyRing.masters);
    expect(() => fresh.unseal(dumped, ids[0] ?? '')).toThrow('does not hold');
  });

  it('brings the secrets of webhooks along, which keep their key from being destroyed until then', async () => {
    const [webhookId, secretId] = [randomUUID(), randomUUID()];
    await database.db.query(
      `INSERT INTO auth.webhooks (id, url, state, created_by, state_changed_by) VALUES ($1, 'https://example.org/', 'paused', 'x', 'x')`,
      [webhookId],
    );
    const write = (id: string, sealed: string) =>
      database.db.query('INSERT INTO auth.webhook_secrets (id, webhook_id, sealed_secret) VALUES ($1, $2, $3)', [
        id,
        webhookId,
        sealed,
      ]);
    await write(secretId, one.keyRing.seal('whsec_x', secretId));
    const slept = await openKeyRing(two.db, ...one.keyRing.masters);
    const { oldId } = await rotate();
    const retire = () => retireEncryptionKey(contextOf(two), { keyId: oldId });
    await expect(retire()).rejects.toMatchObject({ inUseCount: 0, secretCount: 1 });
    const { resealingId } = await resealEntries(contextOf(two), { perSecond: 10_000 });
    expect(await untilFinished(resealingId)).toMatchObject({ totalCount: 1, resealedCount: 1, skippedCount: 0 });
    const [row] = await database.db.query<{ sealed: string }>(
      'SELECT sealed_secret AS sealed FROM auth.webhook_secrets WHERE id = $1',
      [secretId],
    );
    expect(one.keyRing.unseal(row?.sealed ?? '', secretId)).toBe('whsec_x');
    expect(await retire()).toEqual({ keyId: oldId, isChanged: true });
    // A node that was suspended all the time can no longer write anything encrypted under it.
    await expect(write(randomUUID(), slept.seal('whsec_y', randomUUID()))).rejects.toMatchObject({ code: '55000' });
    await database.db.query('DELETE FROM auth.webhooks');
  });

  it('never overwrites a password that is being changed, and waits for it', async () => {
    const [first = '', second = ''] = await insert(2);
    const { newId } = await rotate();
    let go: (() => void) | undefined;
    const other = new Promise<void>((resolve) => {
      go = resolve;
    });
    let isLocked: (() => void) | undefined;
    const locked = new Promise<void>((resolve) => {
      isLocked = resolve;
    });
    const changing = two.db.transaction(async (tx) => {
      await tx.query('UPDATE auth.queued_managed_account_creations SET encrypted_password = $2 WHERE id = $1', [
        first,
        two.keyRing.seal('Another-Horse-Battery-8', first),
      ]);
      isLocked?.();
      await other;
    });
    await locked;
    const { resealingId } = await resealEntries(contextOf(one), { perSecond: 10_000 });
    await until('the free one to be sealed anew', async () => (await resealing(resealingId)).resealedCount === 1);
    expect((await resealing(resealingId)).status).toBe('running');
    go?.();
    await changing;
    expect(await untilFinished(resealingId)).toMatchObject({ resealedCount: 1, skippedCount: 0 });
    expect(two.keyRing.unseal((await entry(first)).encryptedPassword ?? '', first)).toBe('Another-Horse-Battery-8');
    expect((await entry(second)).encryptedPassword?.startsWith(beginningOf(newId))).toBe(true);
  });

  it('asks less and less often for what somebody holds for long', async () => {
    const [id = ''] = await insert(1);
    await rotate();
    const [resealingId, nodeId] = [randomUUID(), randomUUID()];
    await database.db.query(
      `INSERT INTO auth.resealings (id, per_second, actor, total_count, lease_node_id, lease_expires_at)
       VALUES ($1, 1000, 'a test', 1, $2, now() + interval '1 hour')`,
      [resealingId, nodeId],
    );
    const tries: number[] = [];
    const db: TestApp['db'] = {
      ...one.db,
      transaction(work, signal) {
        tries.push(performance.now());
        return one.db.transaction(work, signal);
      },
    };
    const { keyRing, notices } = one;
    const config = { ...one.config, LEASE_DURATION: 3_600_000 };
    const runner = createResealingRunner({ db, keyRing, notices, logger: silentLogger, nodeId, config });
    await two.db.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM auth.queued_managed_account_creations WHERE id = $1 FOR UPDATE', [id]);
      runner.wake();
      await until('six tries', async () => tries.length >= 6);
    });
    const pauses = tries.slice(1, 6).map((at, index) => at - (tries[index] ?? 0));
    for (const [index, ms] of pauses.entries()) expect(ms, `pause ${index + 1}`).toBeGreaterThan(25 * 2 ** index);
    await untilFinished(resealingId);
    await runner.stop(1_000);
  });

  it('leaves an attempt under way alone, also when its key is destroyed meanwhile', async () => {
    let release: (() => void) | undefined;
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const ids = await insert(40);
    // More than are attempted concurrently, so that some are claimed but not decrypted yet.
    await database.db.query('UPDATE auth.queued_managed_account_creations SET next_retry_at = now()');
    one.notices.notify('work');
    await until('attempts to be under way', async () => held >= 32 && (await countOf('processing')) === ids.length);
    const { oldId } = await rotate();
    const { resealingId } = await resealEntries(contextOf(one), { keyId: oldId, perSecond: 10_000 });
    expect(await untilFinished(resealingId)).toMatchObject({ resealedCount: 40 });
    expect(await retireEncryptionKey(contextOf(one), { keyId: oldId })).toEqual({ keyId: oldId, isChanged: true });
    hold = undefined;
    release?.();
    await until('all to complete', async () => (await countOf('completed')) === ids.length);
    expect(await entry(ids[0] ?? '')).toMatchObject({ attemptCount: 1, passwordDestroyedBecause: 'completed' });
  });

  it('is paced, and a later one takes the place of the one under way', async () => {
    await insert(60);
    await rotate();
    const slow = await resealEntries(contextOf(one), { perSecond: 5 });
    await until('the slow one to begin', async () => (await resealing(slow.resealingId)).resealedCount > 0);
    expect((await resealing(slow.resealingId)).resealedCount).toBeLessThan(20);
    const fast = await resealEntries(contextOf(two), { perSecond: 10_000 });
    await untilFinished(fast.resealingId);
    expect(await resealing(slow.resealingId)).toMatchObject({ status: 'replaced', finishedAt: expect.any(Date) });
  });
});

describe('a node that slept', () => {
  it('cannot seal under a closed key: the database refuses, and the node takes the new one', async () => {
    const asleep = await openKeyRing(two.db, ...one.keyRing.masters);
    const { oldId, newId } = await rotate();
    await retireEncryptionKey(contextOf(one), { keyId: oldId });

    await expect(insert(3, asleep)).rejects.toMatchObject({ code: '55000' });
    const [id = ''] = await insert(1);
    await expect(
      database.db.query('UPDATE auth.queued_managed_account_creations SET encrypted_password = $2 WHERE id = $1', [
        id,
        asleep.seal('x', id),
      ]),
    ).rejects.toMatchObject({ code: '55000' });

    const { db, audit, notices } = two;
    const context = testContext({ db, trail: audit.trail, keyRing: asleep, notices });
    const account: NewEntry = {
      familyId: family.familyId,
      createdByUserId: family.ownerId,
      username: `awake_${++made}`,
      fullName: 'Awake Again',
      role: 'managed_account',
      password: PASSWORD,
      runAt: new Date(Date.now() + 3_600_000),
    };
    const { entryId } = await enqueueAccount(context, account);
    expect((await entry(entryId)).encryptedPassword?.startsWith(beginningOf(newId))).toBe(true);
  });

  it('is waited for while its transaction is open, and then its entry is counted', async () => {
    const asleep = await openKeyRing(two.db, ...one.keyRing.masters);
    const { oldId } = await rotate();
    let commit: (() => void) | undefined;
    const told = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let isInserted: (() => void) | undefined;
    const inserted = new Promise<void>((resolve) => {
      isInserted = resolve;
    });
    const id = randomUUID();
    const writing = two.db.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO auth.queued_managed_account_creations (id, family_id, username, full_name, encrypted_password, created_by_user_id, next_retry_at)
         VALUES ($1, $2, $3, 'Late Lena', $4, $5, now() + interval '1 day')`,
        [id, family.familyId, `late_${++made}`, asleep.seal(PASSWORD, id), family.ownerId],
      );
      isInserted?.();
      await told;
    });
    await inserted;
    const retiring = retireEncryptionKey(contextOf(one), { keyId: oldId }).catch((error: unknown) => error);
    await until('the closing to wait', async () => {
      const waiting = await database.db.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%LOCK TABLE%'`,
      );
      return waiting.length > 0;
    });
    commit?.();
    await writing;
    const refusal = await retiring;
    expect(refusal).toBeInstanceOf(KeyInUseError);
    expect(refusal).toMatchObject({ inUseCount: 1 });
    expect(asleep.unseal((await entry(id)).encryptedPassword ?? '', id)).toBe(PASSWORD);
  });

  it('keeps a key from being retired while it lives and seals under it', async () => {
    const { oldId } = await rotate();
    const sleeper = randomUUID();
    await database.db.query(
      `INSERT INTO auth.server_nodes (id, name, version, state, host_name, process_id, sealing_key_id)
       VALUES ($1, 'sleeper', '0', 'running', 'here', 1, $2)`,
      [sleeper, oldId],
    );
    await expect(retireEncryptionKey(contextOf(one), { keyId: oldId })).rejects.toThrow('sleeper');
    await until('the silent node to be gone', async () => {
      const [node] = await database.db.query<{ state: string }>('SELECT state FROM auth.server_nodes WHERE id = $1', [
        sleeper,
      ]);
      return node?.state === 'gone';
    });
    expect(await retireEncryptionKey(contextOf(one), { keyId: oldId })).toEqual({ keyId: oldId, isChanged: true });
  });

  it('is not needed to keep the active key from being retired', async () => {
    await expect(retireEncryptionKey(contextOf(one), { keyId: activeKeyId() })).rejects.toThrow('rotateEncryptionKey');
    await expect(retireEncryptionKey(contextOf(one), { keyId: one.keyRing.auditKeys.newest.id })).rejects.toThrow(
      'Only keys that encrypt passwords',
    );
    await expect(retireEncryptionKey(contextOf(one), { keyId: randomUUID() })).rejects.toThrow('no key with the id');
  });
});

async function countOf(status: string): Promise<number> {
  const [row] = await database.db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE status::text = $1',
    [status],
  );
  return row?.count ?? 0;
}
