/**
 * The master key: changed while the system runs, reported at each start, and what remains when it is lost. (With
 * real processes and one that dies in the middle: test/long/keys-master.test.ts.)
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAudit } from '../../src/access/audit/audit.ts';
import { readConfig } from '../../src/config/config.ts';
import { createDatabaseClock } from '../../src/database/database-clock.ts';
import { registerNode, setNodeState } from '../../src/nodes/nodes.ts';
import { type KeyRing, openKeyRing, verifyMasterKey } from '../../src/sealing/key-ring.ts';
import { announceKeys } from '../../src/sealing/key-usage.ts';
import {
  embeddedMasterKeyPath,
  type MasterKey,
  MasterKeyError,
  makeEmbeddedMasterKey,
  parseMasterKey,
} from '../../src/sealing/master-key.ts';
import { wrapWithNewMasterKey } from '../../src/sealing/rewrap.ts';
import { rotateEncryptionKey } from '../../src/sealing/rotate.ts';
import type { MasterKeys } from '../../src/sealing/wrapped-keys.ts';
import { masterKeysFor } from '../../src/start/master-key.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { LOCAL_CALLER } from '../../src/work/caller.ts';
import { testTrail } from '../support/acts.ts';
import { testContext } from '../support/context.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { giveUpKeyRing } from '../support/lost-master-key.ts';

const SILENCE_MS = 9_000;
const masterKey = (source: string): MasterKey => parseMasterKey(randomBytes(32).toString('base64'), source);
const former = masterKey('MASTER_KEY');
const next = masterKey('NEW_MASTER_KEY');
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'family-hub-jobs-keys-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database?.drop();
});
beforeEach(() =>
  database.db.query(
    'TRUNCATE auth.data_protection_keys, auth.server_nodes, auth.audit_entries, auth.audit_prunings, auth.queued_managed_account_creations CASCADE',
  ),
);

const contextOf = (keyRing: KeyRing) =>
  testContext({
    db: database.db,
    keyRing,
    trail: testTrail(keyRing.auditKeys),
    config: { HEARTBEAT_INTERVAL: SILENCE_MS / 3 },
  });
const rewrap = (ring: KeyRing) => wrapWithNewMasterKey(contextOf(ring), { reason: 'a test' });

/** Registers a live node and opens its key ring. */
async function startNode(name: string, ...masters: MasterKeys): Promise<{ id: string; ring: KeyRing }> {
  const ring = await openKeyRing(database.db, ...masters);
  const { id } = await registerNode(database.db, name, '0');
  await announceKeys(database.db, id, ring);
  return { id, ring };
}
const auditOf = (ring: KeyRing) =>
  openAudit({
    db: database.db,
    keys: ring.auditKeys,
    nodeId: randomUUID(),
    clock: createDatabaseClock(),
    logger: silentLogger,
  });
/** Chains the audit entries written so far. */
async function sealed(ring: KeyRing): Promise<void> {
  const audit = auditOf(ring);
  await audit.chainer.chain();
  await audit.chainer.stop();
}
/** Verifies the whole trail, and the part after the first row under the ring's current audit key. */
async function verified(ring: KeyRing) {
  await testTrail(ring.auditKeys).record(database.db, { caller: LOCAL_CALLER, action: 'resumeQueue' });
  await sealed(ring);
  const audit = auditOf(ring);
  const [first] = await database.db.query<{ at: Date }>(
    'SELECT min(at) AS at FROM auth.audit_entries WHERE key_id = $1',
    [ring.auditKeys.newest.id],
  );
  const whole = await audit.verify({ from: null, to: null }, null);
  const since = await audit.verify({ from: new Date((first?.at.getTime() ?? 0) + 1), to: null }, null);
  await audit.chainer.stop();
  return { whole, since };
}
const wrappedUnder = async () =>
  new Set((await database.db.prisma.dataProtectionKey.findMany()).map(({ masterKeyId }) => masterKeyId));
const acts = async () =>
  (await database.db.query<{ action: string }>('SELECT action FROM auth.audit_entries ORDER BY sequence')).map(
    ({ action }) => action,
  );

describe('a new master key', () => {
  it('is brought in node by node: refused until all hold it, then done once, and the old one is needed no more', async () => {
    const old = await startNode('old', former);
    const both = await startNode('both', former, next);
    await expect(rewrap(old.ring)).rejects.toThrow('This node knows no new master key');
    await expect(rewrap(both.ring)).rejects.toThrow('do not hold the new master key');
    await expect(rewrap(both.ring)).rejects.toThrow(': old.');
    // Both nodes can open a key created meanwhile.
    await rotateEncryptionKey(contextOf(both.ring), {}, 0);
    await old.ring.refresh();
    const sealed = old.ring.seal('kept', 'row');

    await setNodeState(database.db, old.id, 'gone');
    expect(await rewrap(both.ring)).toEqual({ masterKeyId: next.id, rewrappedCount: 4, keyCount: 4, isChanged: true });
    expect(await rewrap(both.ring)).toEqual({ masterKeyId: next.id, rewrappedCount: 0, keyCount: 4, isChanged: false });
    expect(await wrappedUnder()).toEqual(new Set([next.id]));
    expect(await acts()).toEqual(['rotateEncryptionKey', 'wrapWithNewMasterKey']);

    await both.ring.refresh();
    const alone = await openKeyRing(database.db, next);
    for (const ring of [both.ring, alone]) expect(ring.unseal(sealed, 'row')).toBe('kept');
    expect(alone.digest('x')).toBe(old.ring.digest('x'));
    await expect(openKeyRing(database.db, former)).rejects.toThrow(`created with the master key ${next.id}`);
    // New keys are now wrapped with the new master key.
    await rotateEncryptionKey(contextOf(both.ring), {});
    expect(await wrappedUnder()).toEqual(new Set([next.id]));
  });

  it('does not slip past a node that starts with the old one at this moment', async () => {
    const both = await startNode('both', former, next);
    // It has opened the key ring but has not announced its keys yet.
    const ring = await openKeyRing(database.db, former);
    const { id } = await registerNode(database.db, 'late', '0');
    await setNodeState(database.db, id, 'gone');
    await rewrap(both.ring);
    await expect(announceKeys(database.db, id, ring)).rejects.toThrow(MasterKeyError);
  });

  it('takes over a ring that is partly under each', async () => {
    const both = await startNode('both', former, next);
    const sealed = both.ring.seal('kept', 'row');
    const [digest] = await database.db.prisma.dataProtectionKey.findMany({ where: { purpose: 'digest' } });
    await rewrap(both.ring);
    await database.db.query('UPDATE auth.data_protection_keys SET wrapped_key = $2, master_key_id = $3 WHERE id = $1', [
      digest?.id,
      digest?.wrappedKey,
      digest?.masterKeyId,
    ]);
    expect(await wrappedUnder()).toEqual(new Set([former.id, next.id]));
    for (const one of [former, next]) await expect(openKeyRing(database.db, one)).rejects.toThrow(MasterKeyError);
    const mended = await openKeyRing(database.db, former, next);
    expect(mended.unseal(sealed, 'row')).toBe('kept');
    expect(await rewrap(mended)).toMatchObject({ rewrappedCount: 1 });
    expect(await wrappedUnder()).toEqual(new Set([next.id]));
  });
});

describe('a start', () => {
  const starting = async (env: Record<string, string>, isEmbedded: boolean) => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg) });
    const { config } = readConfig({ DATA_DIR: folder, ...env });
    return { masters: await masterKeysFor(config, database.db, isEmbedded, logger), said: lines.join('\n') };
  };
  const text = ({ key }: MasterKey): string => key.toString('base64');

  it('with both says what comes next, before the change and after it', async () => {
    const env = { MASTER_KEY: text(former), NEW_MASTER_KEY: text(next) };
    const ring = await openKeyRing(database.db, former);
    expect((await starting({ MASTER_KEY: text(former) }, false)).said).toBe('');
    const before = await starting(env, false);
    expect(before.masters.map((one) => one?.id)).toEqual([former.id, next.id]);
    expect(before.said).toContain('wrapWithNewMasterKey');
    await rewrap(await openKeyRing(database.db, ...before.masters));
    expect((await starting(env, false)).said).toContain('give it as MASTER_KEY, and leave out the old one');
    const after = await starting({ MASTER_KEY: text(next) }, false);
    expect((await openKeyRing(database.db, ...after.masters)).digest('x')).toBe(ring.digest('x'));
    expect((await starting({ ...env, MASTER_KEY: text(next) }, false)).said).toContain('leave it out');
    await expect(starting({ MASTER_KEY: text(former) }, false)).rejects.toThrow(next.id);
  });

  it('with the embedded database puts the new key in its place, and keeps the former', async () => {
    const own = makeEmbeddedMasterKey(folder);
    await openKeyRing(database.db, own);
    const { masters } = await starting({ NEW_MASTER_KEY: text(next) }, true);
    expect(masters.map((one) => one?.id)).toEqual([own.id, next.id]);
    await rewrap(await openKeyRing(database.db, ...masters));

    const adopted = await starting({ NEW_MASTER_KEY: text(next) }, true);
    expect(adopted.masters.map((one) => one?.id)).toEqual([next.id]);
    expect(adopted.said).toContain('leave out NEW_MASTER_KEY');
    const path = embeddedMasterKeyPath(folder);
    expect(readFileSync(path, 'utf8').trim()).toBe(text(next));
    const kept = `${path}.${own.id}.old`;
    expect(readFileSync(kept, 'utf8').trim()).toBe(text(own));
    for (const file of [path, kept]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await starting({}, true)).masters.map((one) => one?.id)).toEqual([next.id]);
  });

  it('has nothing to change where there is no ring yet', async () => {
    const empty = mkdtempSync(join(folder, 'empty-'));
    await expect(starting({ DATA_DIR: empty, NEW_MASTER_KEY: text(next) }, true)).rejects.toThrow('no key ring yet');
    await openKeyRing(database.db, former);
    await expect(starting({ DATA_DIR: empty }, true)).rejects.toThrow('docs/keys.md');
  });
});

describe('a lost master key, by the documented steps', () => {
  const fresh = masterKey('a new MASTER_KEY');

  it('is not given up while a node runs that holds the keys', async () => {
    const node = await startNode('alive', former);
    await expect(giveUpKeyRing(database.url)).rejects.toThrow('A node still runs');
    expect([...(await verifyMasterKey(database.db, former))]).toEqual([former.id]);
    await setNodeState(database.db, node.id, 'gone');
    await giveUpKeyRing(database.url);
    expect((await verifyMasterKey(database.db, former)).size).toBe(0);
  });

  it('costs the passwords that waited, and nothing else', async () => {
    const { familyId, ownerId } = await seedFamily(database.db);
    const lost = await openKeyRing(database.db, former);
    const enter = async (username: string, columns: string, isSealed = true): Promise<string> => {
      const id = randomUUID();
      await database.db.query(
        `INSERT INTO auth.queued_managed_account_creations (id, family_id, username, full_name, encrypted_password, created_by_user_id, status, needs_lookup, lease_expires_at, failed_at, next_retry_at)
         VALUES ($1, $2, $3, 'Lotte Lost', $4, $5, ${columns})`,
        [id, familyId, username, isSealed ? lost.seal('a password', id) : 'by hand', ownerId],
      );
      return id;
    };
    await testTrail(lost.auditKeys).record(database.db, {
      caller: LOCAL_CALLER,
      action: 'pauseQueue',
      reason: 'before the loss',
    });
    await sealed(lost);
    const waiting = await enter('waiting', `'pending', false, NULL, NULL, now()`);
    const open = await enter('open', `'pending', true, NULL, NULL, now()`);
    const crashed = await enter('crashed', `'processing', false, now(), NULL, now()`);
    const failed = await enter('failed', `'failed', false, NULL, now(), NULL`);
    const hand = await enter('by_hand', `'pending', false, NULL, NULL, now()`, false);

    const secretId = randomUUID();
    await database.db.query(
      `WITH webhook AS (
         INSERT INTO auth.webhooks (id, url, created_by, state_changed_by) VALUES ($1, 'https://example.org/', 'x', 'x')
         RETURNING id
       ) INSERT INTO auth.webhook_secrets (id, webhook_id, sealed_secret) SELECT $2, id, $3 FROM webhook`,
      [randomUUID(), secretId, lost.seal('whsec_x', secretId)],
    );

    const secrets = await database.db.query('SELECT * FROM auth.webhook_secrets');
    await giveUpKeyRing(database.url);

    const entry = (id: string) => database.db.prisma.queuedCreation.findUniqueOrThrow({ where: { id } });
    const gone = {
      encryptedPassword: null,
      passwordDestroyedAt: expect.any(Date),
      passwordDestroyedBecause: 'key_lost',
    };
    // Their next attempt fails, or completes when the account exists already.
    expect(await entry(waiting)).toMatchObject({ ...gone, status: 'pending' });
    expect(await entry(open)).toMatchObject({ ...gone, status: 'pending', needsLookup: true });
    expect(await entry(crashed)).toMatchObject({ ...gone, status: 'processing' });
    expect(await entry(failed)).toMatchObject({ ...gone, status: 'failed' });
    expect(await entry(hand)).toMatchObject({ ...gone, status: 'pending' });
    expect(await acts()).toEqual(['pauseQueue']);
    expect(await database.db.query('SELECT * FROM auth.webhook_secrets')).toEqual(secrets);

    const ring = await openKeyRing(database.db, fresh);
    expect(ring.auditKeys.byId(lost.auditKeys.newest.id)).toBeUndefined();
    expect(ring.unseal(ring.seal('x', waiting), waiting)).toBe('x');
    await expect(openKeyRing(database.db, former)).rejects.toThrow(fresh.id);
    // The trail continues under another key; earlier entries cannot be verified.
    const audit = await verified(ring);
    expect(audit.whole).toMatchObject({
      isIntact: false,
      problem: expect.stringMatching(/someone deleted the key before it.*If you gave up a lost master key then/),
    });
    expect(audit.since).toMatchObject({ isIntact: true, firstBrokenSequence: null });
  });
});
