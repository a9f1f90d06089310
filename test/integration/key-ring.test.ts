/** The key ring: one per database, whichever node opens it first, and only with its own master key. */
import { randomBytes, randomUUID } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { UnsealError } from '../../src/sealing/jwe.ts';
import { openKeyRing, verifyMasterKey } from '../../src/sealing/key-ring.ts';
import { MasterKeyError, parseMasterKey } from '../../src/sealing/master-key.ts';
import { hasKeyRing, insertKey } from '../../src/sealing/wrapped-keys.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts';

const right = parseMasterKey(randomBytes(32).toString('base64'), 'MASTER_KEY');
const wrong = parseMasterKey(randomBytes(32).toString('base64'), '/run/secrets/master-key');
let database: TestDatabase;
let other: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  other = await openDatabase({ url: database.url, poolSize: 4, logger: silentLogger });
});
afterAll(async () => {
  await other?.close();
  await database?.drop();
});
beforeEach(() => database.db.query('TRUNCATE auth.data_protection_keys'));

const keys = () => database.db.query('SELECT * FROM auth.data_protection_keys ORDER BY id');

describe('opening', () => {
  it('makes one ring, however many nodes open at once', async () => {
    const rings = await Promise.all(
      Array.from({ length: 12 }, (_, i) => openKeyRing(i % 2 === 0 ? database.db : other, right)),
    );
    expect((await database.db.prisma.dataProtectionKey.findMany()).map(({ purpose }) => purpose).sort()).toEqual([
      'audit',
      'digest',
      'seal',
    ]);
    const entryId = randomUUID();
    const sealed = rings[0]?.seal('a password', entryId) ?? '';
    for (const ring of rings) {
      expect(ring.unseal(sealed, entryId)).toBe('a password');
      expect(ring.digest('a value')).toBe(rings[0]?.digest('a value'));
    }
    expect(rings[0]?.digest('a value')).not.toBe(rings[0]?.digest('another value'));
  });

  it('finds the same ring again after a restart', async () => {
    const entryId = randomUUID();
    const sealed = (await openKeyRing(database.db, right)).seal('a password', entryId);
    const before = await keys();
    expect((await openKeyRing(other, right)).unseal(sealed, entryId)).toBe('a password');
    expect(await keys()).toEqual(before);
  });

  it('refuses another master key, names both ids, and changes nothing', async () => {
    await openKeyRing(database.db, right);
    const before = await keys();
    for (const open of [openKeyRing, verifyMasterKey]) {
      const error = await open(other, wrong).catch((refusal: unknown) => refusal);
      expect(error).toBeInstanceOf(MasterKeyError);
      expect((error as Error).message).toContain(`id ${wrong.id}`);
      expect((error as Error).message).toContain(`created with the master key ${right.id}`);
      expect((error as Error).message).toContain('/run/secrets/master-key');
    }
    expect(await keys()).toEqual(before);
    expect([...(await verifyMasterKey(other, right))]).toEqual([right.id]);
  });

  it('never makes a second ring beside one that lost a key', async () => {
    await openKeyRing(database.db, right);
    await database.db.query(`DELETE FROM auth.data_protection_keys WHERE purpose = 'seal'`);
    await expect(openKeyRing(other, right)).rejects.toThrow('incomplete');
    expect((await keys()).map(({ purpose }) => purpose).sort()).toEqual(['audit', 'digest']);
  });

  it('gives an audit key to a ring that has none, one however many nodes open at once', async () => {
    const old = await openKeyRing(database.db, right);
    const { id } = old.auditKeys.newest;
    await database.db.query(`DELETE FROM auth.data_protection_keys WHERE purpose = 'audit'`);
    const rings = await Promise.all([1, 2, 3, 4].map(() => openKeyRing(other, right)));
    expect(new Set(rings.map(({ auditKeys }) => auditKeys.newest.id)).size).toBe(1);
    expect(rings[0]?.auditKeys.newest.id).not.toBe(id);
    expect(rings[0]?.auditKeys.byId(rings[1]?.auditKeys.newest.id ?? '')).toEqual(rings[2]?.auditKeys.newest.key);
    expect(rings[0]?.auditKeys.byId(id)).toBeUndefined();
  });

  it('refuses a key in the place of another, whether its id or its purpose is changed', async () => {
    const ring = await openKeyRing(database.db, right);
    const whole = await keys();
    const changes = [
      `UPDATE auth.data_protection_keys SET id = gen_random_uuid() WHERE purpose = 'seal'`,
      `UPDATE auth.data_protection_keys SET wrapped_key =
         (SELECT wrapped_key FROM auth.data_protection_keys WHERE purpose = 'digest') WHERE purpose = 'audit'`,
      `UPDATE auth.data_protection_keys SET purpose = CASE purpose WHEN 'audit' THEN 'digest' WHEN 'digest' THEN 'audit' ELSE purpose END`,
    ];
    for (const change of changes) {
      await database.db.query(change);
      for (const open of [openKeyRing, verifyMasterKey])
        await expect(open(other, right), change).rejects.toThrow('someone changed that table');
      await expect(ring.refresh(), change).rejects.toThrow('someone changed that table');
      await database.db.query('TRUNCATE auth.data_protection_keys');
      await database.db.query(
        'INSERT INTO auth.data_protection_keys SELECT * FROM jsonb_populate_recordset(NULL::auth.data_protection_keys, $1::jsonb)',
        [JSON.stringify(whole)],
      );
      await ring.refresh();
    }
  });

  it('takes no key that is not bound to its row', async () => {
    const ring = await openKeyRing(database.db, right);
    const { id } = ring.auditKeys.newest;
    const row = await database.db.prisma.dataProtectionKey.findUniqueOrThrow({ where: { id } });
    const { plaintext } = await compactDecrypt(row.wrappedKey ?? '', right.key);
    const wrappedKey = await new CompactEncrypt(plaintext)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: right.id })
      .encrypt(right.key);
    await database.db.prisma.dataProtectionKey.update({ where: { id }, data: { wrappedKey } });
    for (const open of [openKeyRing, verifyMasterKey])
      await expect(open(other, right)).rejects.toThrow('was not wrapped for it');
    await expect(ring.refresh()).rejects.toThrow('was not wrapped for it');
  });

  it('keeps no key in the database that would open without the master key', async () => {
    await openKeyRing(database.db, right);
    const dump = JSON.stringify(await keys());
    for (const form of ['base64', 'base64url', 'hex'] as const) expect(dump).not.toContain(right.key.toString(form));
    for (const key of await database.db.prisma.dataProtectionKey.findMany()) {
      expect(key.wrappedKey?.split('.')).toHaveLength(5);
      expect(key.masterKeyId).toBe(right.id);
    }
  });

  it('is preceded by a look that works on a database without tables', async () => {
    const empty = await createEmptyDatabase();
    const db = await openDatabase({ url: empty.url, poolSize: 2, logger: silentLogger });
    try {
      expect(await hasKeyRing(db)).toBe(false);
      expect((await verifyMasterKey(db, wrong)).size).toBe(0);
    } finally {
      await db.close();
      await empty.drop();
    }
  });
});

describe('a sealed password', () => {
  it('cannot be moved to another entry', async () => {
    const ring = await openKeyRing(database.db, right);
    const sealed = ring.seal('a password', randomUUID());
    expect(() => ring.unseal(sealed, randomUUID())).toThrow('it belongs to another entry');
  });

  it('of another ring is refused, and says that its key is not held', async () => {
    const entryId = randomUUID();
    const foreign = (await openKeyRing(database.db, right)).seal('a password', entryId);
    await database.db.query('TRUNCATE auth.data_protection_keys');
    const ring = await openKeyRing(database.db, right);
    expect(() => ring.unseal(foreign, entryId)).toThrow(UnsealError);
    expect(() => ring.unseal(foreign, entryId)).toThrow('a key that the key ring does not hold');
  });

  it('is opened by a node that has not forgotten a key which was retired meanwhile, and by no other', async () => {
    const ring = await openKeyRing(database.db, right);
    const entryId = randomUUID();
    const sealed = ring.seal('claimed before', entryId);
    await insertKey(database.db, 'seal', 'rotation', right);
    await database.db.query(
      'UPDATE auth.data_protection_keys SET wrapped_key = NULL, retired_at = now() WHERE id = $1',
      [ring.sealingKeyId],
    );
    await ring.refresh();
    expect(ring.unseal(sealed, entryId)).toBe('claimed before');
    expect(ring.seal('x', entryId).slice(0, 96)).not.toBe(sealed.slice(0, 96));
    const fresh = await openKeyRing(other, right);
    expect(() => fresh.unseal(sealed, entryId)).toThrow('a key that the key ring does not hold');
  });

  it('sealed by a key that another node added opens after a refresh', async () => {
    const ring = await openKeyRing(database.db, right);
    const entryId = randomUUID();
    await insertKey(database.db, 'seal', 'rotation', right);
    const rotated = await openKeyRing(other, right);
    const late = rotated.seal('a later password', entryId);
    expect(() => ring.unseal(late, entryId)).toThrow('a key that the key ring does not hold');
    await ring.refresh();
    expect(ring.unseal(late, entryId)).toBe('a later password');
  });
});
