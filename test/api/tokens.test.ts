/**
 * API tokens as an administrator and their owners see them, on two nodes of one database: created and shown once,
 * used, listed, revoked; and what a database dump contains of them.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { subscribe } from '../support/sse.ts';

const ADMIN = 'an-admin-token-that-is-long-enough-0123';
const NOBODY = '00000000-0000-4000-8000-000000000000';
let database: TestDatabase;
let first: TestApp;
let second: TestApp;
let family: { familyId: string; ownerId: string };
/** The first node's queries for tokens. */
const asked: { sql: string; values: readonly unknown[] }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  const config = { ADMIN_TOKEN: ADMIN, authenticationFailuresPerMinute: 1_000 };
  first = await startTestApp({ url: database.url, config, hasTimers: false, wrapDatabase: listening });
  second = await startTestApp({ url: database.url, config, hasTimers: false });
});
afterAll(async () => {
  await Promise.all([first?.close(), second?.close()]);
  await database?.drop();
});

function listening(db: Database): Database {
  return {
    ...db,
    query(sql, values = []) {
      if (sql.includes('auth.api_tokens')) asked.push({ sql, values });
      return db.query(sql, values);
    },
  };
}

interface ApiToken {
  id: string;
  apiTokenId: string;
  name: string;
  prefix: string;
  status: string;
  lastUsedAt: string | null;
}
interface Created {
  __typename: string;
  token: string;
  apiToken: ApiToken;
  code?: string;
  message?: string;
  issues?: { path: string[]; code: string }[];
  fields?: string[];
}
const SHOWN =
  'id apiTokenId name role family { familyId } prefix createdAt createdBy reason expiresAt lastUsedAt revokedAt revokedBy status';
const CREATE = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) {
  __typename
  ... on CreateApiTokenPayload { token apiToken { ${SHOWN} } }
  ... on MutationError { code message }
  ... on InvalidInputError { issues { path code } }
  ... on IdempotencyConflictError { fields } } }`;
const REVOKE = `mutation ($input: RevokeApiTokenInput!) { revokeApiToken(input: $input) {
  ... on RevokeApiTokenPayload { isChanged apiToken { status revokedBy revokedAt } }
  ... on MutationError { code message } } }`;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const create = async (input: Record<string, unknown>, by = ADMIN): Promise<Created> => {
  const { body } = await first.graphql<{ createApiToken: Created }>(CREATE, { input }, bearer(by));
  expect(body.errors).toBeUndefined();
  return body.data.createApiToken;
};
const revoke = async (apiTokenId: string, reason?: string) => {
  const answer = await first.graphql<{ revokeApiToken: Record<string, unknown> }>(
    REVOKE,
    { input: { apiTokenId, reason } },
    bearer(ADMIN),
  );
  return answer.body.data.revokeApiToken;
};
const viewer = (token: string, node = first) =>
  node.graphql<{ viewer: Record<string, unknown> }>(
    '{ viewer { kind name role familyId family { name } tokenPrefix expiresAt } }',
    {},
    bearer(token),
  );
const statusOf = async (token: string, node = first) => (await viewer(token, node)).status;

describe('a token', () => {
  test('is shown once, and is its owner on every node from then on', async () => {
    const made = await create({ name: 'frontend', role: 'ENQUEUER', familyId: family.familyId, reason: 'the app' });
    expect(made.token).toMatch(/^fhj_[a-z0-9]{8}_[\w-]{49}$/);
    expect(made.apiToken).toMatchObject({
      name: 'frontend',
      role: 'ENQUEUER',
      family: { familyId: family.familyId },
      prefix: made.token.slice(0, 12),
      createdBy: 'admin token',
      reason: 'the app',
      expiresAt: null,
      lastUsedAt: null,
      revokedAt: null,
      status: 'ACTIVE',
    });
    for (const node of [first, second]) {
      expect((await viewer(made.token, node)).body.data.viewer).toEqual({
        kind: 'API_TOKEN',
        name: 'frontend',
        role: 'ENQUEUER',
        familyId: family.familyId,
        family: expect.objectContaining({ name: 'The Testers' }),
        tokenPrefix: made.apiToken.prefix,
        expiresAt: null,
      });
    }
    const list = async () => {
      const { body } = await first.graphql<{ apiTokens: ApiToken[] }>(`{ apiTokens { ${SHOWN} } }`, {}, bearer(ADMIN));
      return body.data.apiTokens.find(({ name }) => name === 'frontend');
    };
    await expect.poll(async () => (await list())?.lastUsedAt, { timeout: 30_000 }).not.toBeNull();
    expect(JSON.stringify(await list())).not.toContain(made.token);
    const { body } = await first.graphql<{ node: object }>(
      'query ($id: ID!) { node(id: $id) { ... on ApiToken { name } } }',
      { id: made.apiToken.id },
      bearer(ADMIN),
    );
    expect(body.data.node).toEqual({ name: 'frontend' });
  });

  test('is found by the digest of all of it, whatever it begins with', async () => {
    const { token } = await create({ name: 'by-digest', role: 'VIEWER' });
    asked.length = 0;
    expect(await statusOf(token)).toBe(200);
    const looks = asked.filter(({ sql }) => sql.startsWith('SELECT'));
    expect(looks).toHaveLength(1);
    expect(looks[0]?.sql).toContain('WHERE digest = $1');
    expect(looks[0]?.values).toEqual([createHash('sha256').update(token).digest()]);
    asked.length = 0;
    await viewer(token);
    expect(asked, 'for a few seconds it is remembered').toEqual([]);
  });

  test('is in no column, log line or trail, nor is what it could be made from', async () => {
    const { token } = await create({ name: 'in-no-dump', role: 'ADMIN' });
    expect(await statusOf(token)).toBe(200);
    const secret = token.slice(13, 56);
    const [{ dump = '' } = {}] = await database.db.query<{ dump: string }>(
      `SELECT string_agg(row::text, ' ') AS dump FROM (
         SELECT row(t.*) FROM auth.api_tokens AS t UNION ALL SELECT row(s.*) FROM auth.sessions AS s
         UNION ALL SELECT row(a.*) FROM auth.audit_entries AS a UNION ALL SELECT row(k.*) FROM auth.idempotency_keys AS k
       ) AS rows(row)`,
    );
    expect(dump).toContain('in-no-dump');
    for (const text of [token, secret, ADMIN, Buffer.from(secret, 'base64url').toString('hex')]) {
      expect(dump).not.toContain(text);
      expect(JSON.stringify([first.logLines, second.logLines])).not.toContain(text);
    }
  });

  test('that expired is good no more, and says so to its owner', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const { token, apiToken } = await create({ name: 'short', role: 'VIEWER', expiresAt });
    expect((await viewer(token)).body.data.viewer).toMatchObject({ expiresAt });
    await database.db.query(`UPDATE auth.api_tokens SET expires_at = now() - interval '1 s' WHERE id = $1`, [
      apiToken.apiTokenId,
    ]);
    // The node that has not cached it queries the database; a change by SQL sends no notice.
    const answer = await viewer(token, second);
    expect(answer.status).toBe(401);
    expect(answer.body.errors?.[0]?.message).toContain('The token expired at ');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
  });
});

describe('an open subscription', () => {
  test('ends when its caller’s token does, with nobody’s doing', async () => {
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    const { token } = await create({ name: 'fleeting', role: 'VIEWER', expiresAt });
    const stream = await subscribe(second, 'subscription { jobRunChanged { runId } }', bearer(token));
    await stream.ended;
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    expect(Date.now()).toBeLessThan(Date.parse(expiresAt) + 10_000);
    expect(stream.events()).toEqual([expect.stringContaining('"code":"UNAUTHENTICATED"')]);
  });
});

describe('revoking', () => {
  test('is felt on all nodes within a second, by subscriptions too', async () => {
    const { token, apiToken } = await create({ name: 'revoked', role: 'OPERATOR' });
    for (const node of [first, second]) expect(await statusOf(token, node)).toBe(200);
    const streams = await Promise.all(
      [first, second].map((node) => subscribe(node, 'subscription { jobRunChanged { runId } }', bearer(token))),
    );
    const begun = performance.now();
    expect(await revoke(apiToken.apiTokenId, 'lost')).toMatchObject({
      isChanged: true,
      apiToken: { status: 'REVOKED', revokedBy: 'admin token', revokedAt: expect.any(String) },
    });
    await Promise.all(streams.map(({ ended }) => ended));
    await expect.poll(() => statusOf(token, second), { timeout: 30_000, interval: 10 }).toBe(401);
    // A second, plus time for a busy machine.
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await statusOf(token, first)).toBe(401);
    for (const { events } of streams) expect(events().at(-1)).toContain('"code":"UNAUTHENTICATED"');
    expect(await revoke(apiToken.apiTokenId)).toMatchObject({ isChanged: false });
    expect(await revoke(NOBODY)).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('or making is on record, without the token', async () => {
    const { apiToken } = await create({ name: 'on-record', role: 'VIEWER', reason: 'to see it' });
    await revoke(apiToken.apiTokenId, 'seen');
    const rows = await database.db.query<{ action: string; reason: string }>(
      `SELECT action, reason FROM auth.audit_entries WHERE target_id = $1 ORDER BY sequence`,
      [apiToken.apiTokenId],
    );
    expect(rows).toEqual([
      { action: 'createApiToken', reason: 'to see it' },
      { action: 'revokeApiToken', reason: 'seen' },
    ]);
  });
});

describe('what is refused', () => {
  test('a name, an end or a family that means nothing', async () => {
    const wrong = await create({
      name: 'frönt\nend',
      role: 'VIEWER',
      expiresAt: '2001-01-01T00:00:00Z',
      idempotencyKey: '',
    });
    expect(wrong.issues?.map(({ path, code }) => `${path} ${code}`)).toEqual([
      'name INVALID_CHARACTERS',
      'expiresAt IN_THE_PAST',
      'idempotencyKey INVALID_LENGTH',
    ]);
    expect(await create({ name: 'lost', role: 'VIEWER', familyId: NOBODY })).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a name that belongs to another role or family; not a further token of the same', async () => {
    await create({ name: 'one-for-ever', role: 'VIEWER' });
    for (const other of [{ role: 'ADMIN' }, { role: 'VIEWER', familyId: family.familyId }]) {
      const refused = await create({ name: 'one-for-ever', ...other });
      expect(refused).toMatchObject({ code: 'INVALID_STATE' });
      expect(refused.message).toContain('belongs to the role VIEWER');
    }
    expect(await create({ name: 'one-for-ever', role: 'VIEWER' })).toHaveProperty('token');
  });

  test('the name of a token that went with its family: what it did is on record under it', async () => {
    const [gone] = await database.db.query<{ id: string }>(
      `INSERT INTO auth.families (name) VALUES ('gone') RETURNING id`,
    );
    const familyId = gone?.id;
    expect(await create({ name: 'of-the-gone', role: 'OPERATOR', familyId })).toHaveProperty('token');
    await database.db.query('DELETE FROM auth.families WHERE id = $1', [familyId]);
    for (const other of [{ role: 'ADMIN' }, { role: 'OPERATOR', familyId: family.familyId }])
      expect(await create({ name: 'of-the-gone', ...other })).toMatchObject({ code: 'INVALID_STATE' });
  });

  test('two roles for one name, asked for at once', async () => {
    const roles = ['VIEWER', 'OPERATOR', 'ENQUEUER', 'ADMIN'];
    const answers = await Promise.all(roles.map((role) => create({ name: 'raced', role })));
    expect(answers.filter(({ token }) => token !== undefined)).toHaveLength(1);
  });

  test('a repeat under the same key: no second token, and the first is named', async () => {
    const input = { name: 'repeated', role: 'VIEWER', idempotencyKey: 'token-1' };
    const made = await create(input);
    const again = await create(input);
    expect(again).toMatchObject({ code: 'INVALID_STATE' });
    expect(again.message).toContain(made.apiToken.apiTokenId);
    const other = await create({ ...input, role: 'ADMIN' });
    expect(other).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', fields: ['role'] });
    const { body } = await first.graphql<{ apiTokens: ApiToken[] }>('{ apiTokens { name } }', {}, bearer(ADMIN));
    expect(body.data.apiTokens.filter(({ name }) => name === 'repeated')).toHaveLength(1);
  });
});
