/** The key ring through the API: what is shown, which operations exist, what is refused, and that no key leaks. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginningOf, UnsealError, unseal } from '../../src/sealing/jwe.ts';
import { KeyInUseError } from '../../src/sealing/key.errors.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

interface Key {
  readonly id: string;
  readonly keyId: string;
  readonly purpose: string;
  readonly state: string;
  readonly sealedEntryCount: number;
  readonly sealedSecretCount: number;
  readonly supersededAt: string | null;
  readonly retiredAt: string | null;
}
interface Answer {
  readonly __typename: string;
  readonly code?: string;
  readonly message?: string;
  readonly issues?: readonly { readonly path: readonly string[] }[];
  readonly inUseCount?: number;
  readonly isReplay?: boolean;
  readonly isChanged?: boolean;
  readonly encryptionKey?: Key;
  readonly resealing?: { readonly resealingId: string; readonly status: string };
}

const KEY =
  '{ id keyId purpose state masterKeyId sealedEntryCount sealedSecretCount createdAt activatedAt supersededAt retiredAt lastUsedAt }';
const REFUSALS = `... on MutationError { code message } ... on InvalidInputError { issues { path } } ... on KeyInUseError { inUseCount }`;
const MUTATIONS = {
  rotateEncryptionKey: `... on RotateEncryptionKeyPayload { isReplay encryptionKey ${KEY} }`,
  resealEntries: '... on ResealEntriesPayload { isReplay resealing { resealingId status } }',
  retireEncryptionKey: `... on RetireEncryptionKeyPayload { isChanged encryptionKey ${KEY} } ... on KeyInUseError { inUseCount }`,
  wrapWithNewMasterKey: '... on WrapWithNewMasterKeyPayload { isChanged masterKeyId }',
} as const;

let database: TestDatabase;
let family: { familyId: string; ownerId: string };
let server: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  server = await startTestApp({ url: database.url, config: { HEARTBEAT_INTERVAL: 100 } });
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

async function mutate(name: keyof typeof MUTATIONS, input: Record<string, unknown>): Promise<Answer> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const refusals = name === 'retireEncryptionKey' ? REFUSALS : REFUSALS.replace(/\.\.\. on KeyInUseError.*$/, '');
  const { body } = await server.graphql<Record<string, Answer>>(
    `mutation ($input: ${type}!) { ${name}(input: $input) { __typename ${MUTATIONS[name]} ${refusals} } }`,
    { input },
  );
  expect(body.errors).toBeUndefined();
  return body.data[name] as Answer;
}
const keys = async (): Promise<readonly Key[]> => {
  const { body } = await server.graphql<{ encryptionKeys: Key[] }>(`{ encryptionKeys ${KEY} }`);
  expect(body.errors).toBeUndefined();
  return body.data.encryptionKeys;
};
async function enqueue(username: string): Promise<string> {
  const { body } = await server.graphql<{ enqueueAccount: { entry: { entryId: string } } }>(
    'mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { ... on EnqueueAccountPayload { entry { entryId } } } }',
    {
      input: {
        familyId: family.familyId,
        createdByUserId: family.ownerId,
        username,
        fullName: 'Kim Key',
        password: 'Correct-Horse-Battery-7',
        runAt: new Date(Date.now() + 86_400_000),
      },
    },
  );
  return body.data.enqueueAccount.entry.entryId;
}

describe('keys', () => {
  it('are counted by what is sealed under them, the secrets of webhooks too', async () => {
    const keyId = (await keys()).find(({ purpose }) => purpose === 'SEAL')?.keyId ?? '';
    const webhookId = randomUUID();
    await database.db.query(
      `INSERT INTO auth.webhooks (id, url, state, created_by, state_changed_by) VALUES ($1, 'https://example.org/', 'paused', 'x', 'x')`,
      [webhookId],
    );
    await database.db.query(
      'INSERT INTO auth.webhook_secrets (id, webhook_id, sealed_secret) VALUES (gen_random_uuid(), $1, $2)',
      [webhookId, `${beginningOf(keyId)}more`],
    );
    expect((await keys()).find((key) => key.keyId === keyId)).toMatchObject({
      sealedEntryCount: 0,
      sealedSecretCount: 1,
    });
    expect(new KeyInUseError({ entryCount: 0, secretCount: 1 }).message).toMatch(
      /^1 secret of a webhook is encrypted with this key\. /,
    );
    await database.db.query('DELETE FROM auth.webhooks');
  });

  it('are rotated, what they seal is sealed anew, and the old one is retired: each once', async () => {
    const [seal] = (await keys()).filter(({ purpose }) => purpose === 'SEAL');
    expect((await keys()).map(({ purpose, state }) => [purpose, state]).sort()).toEqual([
      ['AUDIT', 'ACTIVE'],
      ['DIGEST', 'ACTIVE'],
      ['SEAL', 'ACTIVE'],
    ]);
    const entryId = await enqueue('kim_1');
    const keyId = seal?.keyId ?? '';
    expect((await keys()).find((key) => key.keyId === keyId)).toMatchObject({ sealedEntryCount: 1 });
    await until('its use to be written down', async () => {
      const [row] = await database.db.query('SELECT 1 FROM auth.data_protection_keys WHERE last_used_at IS NOT NULL');
      return row !== undefined;
    });
    expect(await mutate('retireEncryptionKey', { keyId })).toMatchObject({ code: 'INVALID_STATE' });
    expect(await mutate('resealEntries', { keyId })).toMatchObject({ code: 'INVALID_STATE' });

    const input = { reason: 'spring', idempotencyKey: 'rotate-1' };
    const rotated = await mutate('rotateEncryptionKey', input);
    expect(rotated).toMatchObject({ isReplay: false, encryptionKey: { purpose: 'SEAL', state: 'PENDING' } });
    const newId = rotated.encryptionKey?.keyId ?? '';
    expect(await mutate('rotateEncryptionKey', input)).toMatchObject({
      isReplay: true,
      encryptionKey: { keyId: newId },
    });
    expect(await mutate('rotateEncryptionKey', { ...input, reason: 'autumn' })).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    await until('the node to seal under it', async () => {
      const [row] = await database.db.query('SELECT 1 FROM auth.server_nodes WHERE sealing_key_id = $1', [newId]);
      return row !== undefined;
    });
    expect((await keys()).find((key) => key.keyId === keyId)).toMatchObject({
      state: 'SUPERSEDED',
      supersededAt: expect.any(String),
    });
    expect(await mutate('retireEncryptionKey', { keyId })).toMatchObject({ code: 'KEY_IN_USE', inUseCount: 1 });

    const again = { keyId, perSecond: 1_000, reason: 'spring', idempotencyKey: 'reseal-1' };
    const started = await mutate('resealEntries', again);
    expect(started).toMatchObject({ isReplay: false });
    const { resealingId = '' } = started.resealing ?? {};
    expect(await mutate('resealEntries', again)).toMatchObject({ isReplay: true, resealing: { resealingId } });
    const finished = await until('it to finish', async () => {
      const { body } = await server.graphql<{
        resealing: { status: string };
        latestResealing: { resealingId: string };
      }>(
        'query ($id: UUID!) { resealing(resealingId: $id) { status totalCount resealedCount skippedCount perSecond reason actor keyId createdAt finishedAt skips { problem entry { entryId } } } latestResealing { resealingId } }',
        { id: resealingId },
      );
      return body.data.resealing.status === 'FINISHED' && body.data;
    });
    expect(finished).toMatchObject({
      resealing: {
        totalCount: 1,
        resealedCount: 1,
        skippedCount: 0,
        reason: 'spring',
        actor: 'local',
        skips: [],
        keyId,
      },
      latestResealing: { resealingId },
    });

    const retired = await mutate('retireEncryptionKey', { keyId, reason: 'nothing needs it' });
    expect(retired).toMatchObject({
      isChanged: true,
      encryptionKey: { state: 'RETIRED', retiredAt: expect.any(String) },
    });
    expect(await mutate('retireEncryptionKey', { keyId })).toMatchObject({ isChanged: false });
    expect((await keys()).find((key) => key.keyId === newId)).toMatchObject({ state: 'ACTIVE', sealedEntryCount: 1 });
    const { encryptedPassword } = await database.db.prisma.queuedCreation.findUniqueOrThrow({ where: { id: entryId } });
    expect(server.keyRing.unseal(encryptedPassword ?? '', entryId)).toBe('Correct-Horse-Battery-7');
  });

  it('are refused what makes no sense, with the reason', async () => {
    for (const keyId of [randomUUID()]) {
      expect(await mutate('retireEncryptionKey', { keyId })).toMatchObject({ code: 'NOT_FOUND' });
      expect(await mutate('resealEntries', { keyId })).toMatchObject({ code: 'NOT_FOUND' });
    }
    const [digest] = (await keys()).filter(({ purpose }) => purpose === 'DIGEST');
    expect(await mutate('retireEncryptionKey', { keyId: digest?.keyId })).toMatchObject({ code: 'INVALID_STATE' });
    expect(await mutate('wrapWithNewMasterKey', {})).toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('NEW_MASTER_KEY'),
    });
    const tooLong = { reason: 'x'.repeat(501) };
    for (const perSecond of [0, 10_001]) {
      const { code, issues } = await mutate('resealEntries', { perSecond });
      expect([code, issues?.map(({ path }) => path)]).toEqual(['INVALID_INPUT', [['perSecond']]]);
    }
    for (const [name, input] of [
      ['rotateEncryptionKey', tooLong],
      ['resealEntries', tooLong],
      ['retireEncryptionKey', { ...tooLong, keyId: digest?.keyId }],
      ['wrapWithNewMasterKey', tooLong],
      ['rotateEncryptionKey', { idempotencyKey: '' }],
      ['resealEntries', { idempotencyKey: 'x'.repeat(201) }],
    ] as const)
      expect(await mutate(name, input), name).toMatchObject({ code: 'INVALID_INPUT' });
    expect(
      await mutate('rotateEncryptionKey', { reason: 'x'.repeat(500), idempotencyKey: 'x'.repeat(200) }),
    ).toMatchObject({ isReplay: false });
  });

  it('leave a record of what was done, and show themselves nowhere', async () => {
    const acts = await database.db.query<{ action: string; reason: string | null }>(
      `SELECT action, reason FROM auth.audit_entries WHERE action LIKE '%Key' OR action = 'resealEntries' ORDER BY sequence`,
    );
    expect(acts.slice(0, 3)).toEqual([
      { action: 'rotateEncryptionKey', reason: 'spring' },
      { action: 'resealEntries', reason: 'spring' },
      { action: 'retireEncryptionKey', reason: 'nothing needs it' },
    ]);
    const [row] = await database.db.query<{ text: string }>(
      `SELECT coalesce(string_agg(before || after, ''), '') AS text FROM auth.audit_entries`,
    );
    const told = JSON.stringify(server.logLines) + (row?.text ?? '') + JSON.stringify(await keys());
    const wrapped = await database.db.prisma.dataProtectionKey.findMany({ where: { retiredAt: null } });
    const [present] = server.keyRing.masters;
    for (const secret of [
      ...wrapped.map(({ wrappedKey }) => wrappedKey ?? ''),
      present.key.toString('base64'),
      server.keyRing.auditKeys.newest.key.toString('base64'),
      server.keyRing.auditKeys.newest.key.toString('base64url'),
    ])
      expect(told).not.toContain(secret);
    expect(told).not.toContain('Correct-Horse-Battery-7');
  });
});

describe('a whole dump and all logs, without the master key', () => {
  it('hold no password and no key, and none can be made from them', async () => {
    const tables = await database.db.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('auth', 'identity_simulator', 'public')`,
    );
    expect(tables.length).toBeGreaterThan(20);
    const parts = [JSON.stringify(server.logLines)];
    for (const { name } of tables) {
      const [row] = await database.db.query<{ text: string | null }>(
        `SELECT string_agg(t::text, ' ') AS text FROM ${name} t`,
      );
      parts.push(row?.text ?? '');
    }
    const dump = parts.join('\n');
    const sealed = await database.db.prisma.queuedCreation.findMany({ where: { encryptedPassword: { not: null } } });
    expect(sealed.length).toBeGreaterThan(0);
    for (const { encryptedPassword } of sealed) expect(dump).toContain(encryptedPassword);

    expect(dump).not.toContain('Correct-Horse-Battery-7');
    const [present] = server.keyRing.masters;
    for (const key of [present.key, server.keyRing.auditKeys.newest.key])
      for (const form of ['base64', 'base64url', 'hex'] as const)
        expect(dump).not.toContain(key.toString(form).replace(/=+$/, ''));
    // None of the texts with the length of a key decrypts anything.
    const candidates = [...new Set(dump.match(/[\w+/-]{43}=?|[0-9a-f]{64}/g))]
      .map((text) => Buffer.from(text, /^[0-9a-f]{64}$/.test(text) ? 'hex' : 'base64'))
      .filter(({ length }) => length === 32);
    expect(candidates.length).toBeGreaterThan(10);
    for (const { id, encryptedPassword } of sealed)
      for (const key of candidates) expect(() => unseal(encryptedPassword ?? '', id, key)).toThrow(UnsealError);
  });
});

describe('a destroyed password', () => {
  it('says when and why, and a new password makes it forget', async () => {
    const entryId = await enqueue('kim_2');
    const destroyed = async () => {
      const { body } = await server.graphql<{ queuedCreation: Record<string, unknown> }>(
        'query ($id: UUID!) { queuedCreation(entryId: $id) { status passwordDestroyedAt passwordDestroyedBecause } }',
        { id: entryId },
      );
      return body.data.queuedCreation;
    };
    expect(await destroyed()).toMatchObject({ passwordDestroyedAt: null, passwordDestroyedBecause: null });
    await server.graphql('mutation ($id: UUID!) { cancelEntry(input: { entryId: $id }) { __typename } }', {
      id: entryId,
    });
    await database.db.query(
      `UPDATE auth.queued_managed_account_creations SET cancelled_at = now() - interval '1 day' WHERE id = $1`,
      [entryId],
    );
    const gone = await until('it to be destroyed', async () => {
      const now = await destroyed();
      return now.passwordDestroyedAt !== null && now;
    });
    expect(gone).toMatchObject({ status: 'CANCELLED', passwordDestroyedBecause: 'CANCELLED' });
    await server.graphql(
      'mutation ($id: UUID!) { retryEntry(input: { entryId: $id, password: "Another-Horse-Battery-8" }) { __typename } }',
      { id: entryId },
    );
    const done = await until('it to complete', async () => {
      const now = await destroyed();
      return now.status === 'COMPLETED' && now;
    });
    expect(done).toMatchObject({ passwordDestroyedAt: expect.any(String), passwordDestroyedBecause: 'COMPLETED' });
  });
});
