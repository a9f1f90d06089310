/**
 * Every operation of the API with every kind of caller, over HTTP: the operations come from the schema, the
 * expected result from the table of permissions, which permissions.rules.test.ts checks independently. No operation
 * is public by accident.
 */
import type { GraphQLObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIELDS, NODES, OPERATIONS, type Permission } from '../../src/access/permissions.rules.ts';
import { DESTRUCTIVE } from '../../src/access/reasons.rules.ts';
import { ADMIN, bearer, callerWith, createToken, type Headers, WITH_ACCESS } from '../support/access.ts';
import { anyOperation } from '../support/any-operation.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

const ROLES = ['VIEWER', 'OPERATOR', 'ENQUEUER', 'ADMIN'] as const;
type Role = (typeof ROLES)[number];

let database: TestDatabase;
let app: TestApp;
let readOnly: TestApp;
let familyId: string;
let ownerId: string;
const callers = new Map<string, { headers: Headers; role?: Role; isBound?: boolean }>();

beforeAll(async () => {
  database = await createTestDatabase();
  ({ familyId, ownerId } = await seedFamily(database.db));
  app = await startTestApp({ url: database.url, config: WITH_ACCESS, hasTimers: false });
  const config = { ...WITH_ACCESS, READ_ONLY: 'true', REASON_REQUIRED: 'true' } as const;
  readOnly = await startTestApp({ url: database.url, config, hasTimers: false });

  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  const [expired, revoked] = await Promise.all([
    createToken(app, { name: 'expired', role: 'ADMIN', expiresAt: tomorrow }),
    createToken(app, { name: 'revoked', role: 'ADMIN' }),
  ]);
  await database.db.query(
    `UPDATE auth.api_tokens SET expires_at = now() - interval '1 second', created_at = now() - interval '1 minute' WHERE name = 'expired'`,
  );
  const input = { apiTokenId: revoked.apiTokenId };
  await app.graphql(
    'mutation ($input: RevokeApiTokenInput!) { revokeApiToken(input: $input) { __typename } }',
    { input },
    ADMIN,
  );
  callers.set('nobody', { headers: {} });
  callers.set('a wrong token', { headers: bearer(`fhj_00000000_${'x'.repeat(43)}`) });
  callers.set('an expired token', { headers: bearer(expired.token) });
  callers.set('a revoked token', { headers: bearer(revoked.token) });
  callers.set('the admin token', { headers: ADMIN, role: 'ADMIN' });
  for (const role of ROLES) {
    callers.set(role, { role, headers: await callerWith(app, { name: `a ${role}`, role }) });
    const bound = await callerWith(app, { name: `a bound ${role}`, role, familyId });
    callers.set(`${role} of a family`, { role, headers: bound, isBound: true });
  }
});
afterAll(async () => {
  await readOnly?.close();
  await app?.close();
  await database?.drop();
});

/** All root fields with their documents, each as `Mutation.retryEntry`. */
function operations() {
  const { schema } = app.app;
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  return Object.entries(roots).flatMap(([kind, type]) =>
    Object.values((type as GraphQLObjectType).getFields()).map((field) => ({
      coordinate: `${type?.name}.${field.name}`,
      ...anyOperation(kind, field),
    })),
  );
}

/** The status and the first error's code; a stream that starts has status 200. */
async function send(to: TestApp, { document, variables }: { document: string; variables: object }, headers: Headers) {
  const abort = new AbortController();
  const response = await fetch(`${to.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: document.startsWith('subscription')
        ? 'text/event-stream, application/json'
        : 'application/graphql-response+json',
      ...headers,
    },
    body: JSON.stringify({ query: document, variables }),
    signal: abort.signal,
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    // A subscription may be refused in its only event.
    const reader = response.body?.getReader();
    const first = await Promise.race([reader?.read(), new Promise<undefined>((done) => setTimeout(done, 30))]);
    abort.abort();
    const text = first?.value === undefined ? '' : new TextDecoder().decode(first.value);
    return { status: response.status, code: /"code":"(\w+)"/.exec(text)?.[1] };
  }
  const body = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return {
    status: response.status,
    code: body.errors?.[0]?.extensions.code,
    challenge: response.headers.get('www-authenticate'),
  };
}

const may = (
  { roles, isForFamilies }: Permission,
  { role, isBound = false }: { role?: Role; isBound?: boolean },
): boolean =>
  role !== undefined && roles.includes(role.toLowerCase() as Lowercase<Role>) && (isForFamilies || !isBound);

/** What the response means for the caller. */
const verdict = ({ status, code }: { status: number; code?: string }): string =>
  status === 401 ? 'unauthenticated' : status === 403 || code === 'FORBIDDEN' ? 'forbidden' : 'let in';

it('the table names exactly the root fields of the schema, and every type that node finds', () => {
  expect(Object.keys(OPERATIONS).sort()).toEqual(
    operations()
      .map(({ coordinate }) => coordinate)
      .sort(),
  );
  const nodes = app.app.schema.getPossibleTypes(app.app.schema.getType('Node') as never);
  expect(Object.keys(NODES).sort()).toEqual(nodes.map(({ name }) => name).sort());
  for (const coordinate of Object.keys(FIELDS)) {
    const [type = '', field = ''] = coordinate.split('.');
    expect(Object.keys((app.app.schema.getType(type) as GraphQLObjectType).getFields()), coordinate).toContain(field);
  }
});

const NAMES = [
  'nobody',
  'a wrong token',
  'an expired token',
  'a revoked token',
  'the admin token',
  ...ROLES.flatMap((role) => [role, `${role} of a family`]),
];

describe.each(NAMES)('%s', (name) => {
  it('is let in by exactly the operations that are its', async () => {
    const caller = callers.get(name);
    if (caller === undefined) throw new Error(`There is no caller "${name}".`);
    const wrong: string[] = [];
    for (const operation of operations()) {
      // A pause or an open circuit caused by one caller must not change the response to the next.
      const answer = await send(app, operation, caller.headers);
      const permission = OPERATIONS[operation.coordinate];
      const expected =
        caller.role === undefined ? 'unauthenticated' : permission && may(permission, caller) ? 'let in' : 'forbidden';
      if (verdict(answer) !== expected || answer.status >= 500)
        wrong.push(`${operation.coordinate}: ${answer.status} ${answer.code}, not ${expected}`);
      if (answer.status === 401) expect(answer.challenge, operation.coordinate).toMatch(/^Bearer realm=/);
    }
    expect(wrong).toEqual([]);
  });

  it('finds by node only what it may', async () => {
    const caller = callers.get(name);
    const wrong: string[] = [];
    for (const [type, permission] of Object.entries(NODES)) {
      const key = type === 'JobSchedule' ? 'NoJob' : '00000000-0000-4000-8000-000000000000';
      const id = Buffer.from(`${type}:${key}`).toString('base64url');
      const document = 'query ($id: ID!) { node(id: $id) { id } }';
      const answer = await send(app, { document, variables: { id } }, caller?.headers ?? {});
      const expected =
        caller?.role === undefined ? 'unauthenticated' : may(permission, caller) ? 'let in' : 'forbidden';
      if (verdict(answer) !== expected) wrong.push(`${type}: ${answer.status} ${answer.code}, not ${expected}`);
    }
    expect(wrong).toEqual([]);
  });
});

it('a read-only server refuses every mutation, an ADMIN’s too, and answers all else', async () => {
  for (const operation of operations()) {
    const answer = await send(readOnly, operation, ADMIN);
    const expected = operation.coordinate.startsWith('Mutation.') ? 'forbidden' : 'let in';
    expect(verdict(answer), operation.coordinate).toBe(expected);
  }
});

it('one forbidden field refuses the whole document, through fragments and aliases, and nothing of it is done', async () => {
  const viewer = callers.get('VIEWER')?.headers ?? {};
  const before = await database.db.query('SELECT 1 FROM auth.queue_pauses');
  const query = `mutation M { ...Part } fragment Part on Mutation { x: pauseQueue(input: {reason: "no"}) { __typename } }
    query Q { queueStatistics { pendingCount } }`;
  const post = (operationName: string) =>
    fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...viewer },
      body: JSON.stringify({ query, operationName }),
    });
  const refused = await post('M');
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    errors: [
      {
        message: expect.stringContaining('OPERATOR or ADMIN'),
        extensions: { code: 'FORBIDDEN', denied: ['Mutation.pauseQueue'] },
      },
    ],
  });
  // Only the operation to be executed counts: GraphiQL sends everything in its tab.
  expect((await post('Q')).status).toBe(200);
  expect(await database.db.query('SELECT 1 FROM auth.queue_pauses')).toEqual(before);
});

describe('what @skip and @include leave out', () => {
  const ask = async (query: string, variables: Record<string, unknown> = {}) => {
    const { status, body } = await app.graphql<object>(query, variables, callers.get('VIEWER')?.headers ?? {});
    return { status, code: body.errors?.[0]?.extensions?.code, data: body.data };
  };

  it.each<[string, string, Record<string, unknown>?]>([
    ['a constant', '{ viewer { name } apiTokens @include(if: false) { name } }'],
    ['a variable', 'query ($no: Boolean!) { viewer { name } apiTokens @include(if: $no) { name } }', { no: false }],
    ['a default', 'query ($yes: Boolean = true) { viewer { name } apiTokens @skip(if: $yes) { name } }'],
    ['an inline fragment', '{ viewer { name } ... @skip(if: true) { apiTokens { name } } }'],
    ['a spread', '{ viewer { name } ...P @include(if: false) } fragment P on Query { apiTokens { name } }'],
    ['one of two', '{ viewer { name } apiTokens @skip(if: false) @include(if: false) { name } }'],
  ])('by %s refuses nothing', async (_what, query, variables) => {
    expect(await ask(query, variables)).toEqual({
      status: 200,
      code: undefined,
      data: { viewer: { name: 'a VIEWER' } },
    });
  });

  it.each<[string, string, Record<string, unknown>?]>([
    ['a constant', '{ viewer { name } apiTokens @include(if: true) @skip(if: false) { name } }'],
    [
      'a default that is overridden',
      'query ($no: Boolean! = false) { apiTokens @include(if: $no) { name } }',
      { no: true },
    ],
    ['a fragment that is left out once', '{ ...P @skip(if: true) ...P } fragment P on Query { apiTokens { name } }'],
    ['a field that is left out once', '{ apiTokens @skip(if: true) { name } apiTokens { name } }'],
    [
      'within another',
      '{ ... @include(if: true) { ...P } } fragment P on Query { ... @skip(if: false) { apiTokens { name } } }',
    ],
    [
      'a mutation',
      'mutation ($no: Boolean!) { x: pauseQueue(input: {reason: "no"}) @skip(if: $no) { __typename } }',
      { no: false },
    ],
  ])('by %s, and then is not, is refused', async (_what, query, variables) => {
    expect(await ask(query, variables)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('the same document with other variables is asked for anew, each time', async () => {
    const query = 'query ($yes: Boolean!) { viewer { name } apiTokens @include(if: $yes) { name } }';
    for (const yes of [false, true, false, true]) expect((await ask(query, { yes })).status).toBe(yes ? 403 : 200);
  });

  it.each([[{}], [{ yes: null }], [{ yes: 'false' }], [{ yes: 0 }], [{ yes: [false] }]])(
    'variables that mean nothing get nobody in: %j',
    async (variables) => {
      const query = 'query ($yes: Boolean!) { viewer { name } apiTokens @include(if: $yes) { name } }';
      const answer = await ask(query, variables);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.data).toBeFalsy();
    },
  );
});

it('an ENQUEUER is not led out of its entries by the fields inside', async () => {
  const { headers } = callers.get('ENQUEUER') ?? { headers: {} };
  for (const selection of [
    'family { members { totalCount } }',
    'family { invitations { totalCount } }',
    'attempts { nodes { node { name } } }',
    'bulkAction { totalCount }',
  ]) {
    const answer = await send(
      app,
      { document: `{ queuedCreations { nodes { ${selection} } } }`, variables: {} },
      headers,
    );
    expect(answer, selection).toMatchObject({
      status: selection.startsWith('attempts') || !selection.startsWith('family {') ? 403 : 403,
      code: 'FORBIDDEN',
    });
  }
});

it('what was denied is on record with who, what and why; what was only looked at is not', async () => {
  const viewer = await callerWith(app, { name: 'a new VIEWER', role: 'VIEWER' });
  await app.graphql(
    'mutation { pauseQueue(input: {reason: "because"}) { __typename } }',
    {},
    { ...viewer, 'x-request-id': 'denied-1' },
  );
  await app.graphql('{ apiTokens { name } }', {}, { ...viewer, 'x-request-id': 'denied-2' });
  const rows = await database.db.query(
    `SELECT action, outcome, actor, role, token_prefix IS NOT NULL AS "hasPrefix", request_id AS "requestId", address
     FROM auth.audit_entries WHERE request_id IN ('denied-1', 'denied-2')`,
  );
  expect(rows).toEqual([
    {
      action: 'pauseQueue',
      outcome: 'denied',
      actor: 'a new VIEWER',
      role: 'viewer',
      hasPrefix: true,
      requestId: 'denied-1',
      address: '127.0.0.1',
    },
  ]);
});

it('viewer says what it may do, as the table does', async () => {
  const { body } = await app.graphql<{
    viewer: { permissions: string[]; operations: { name: string; isAllowed: boolean; reason: string | null }[] };
  }>('{ viewer { permissions operations { name kind isAllowed reason } } }', {}, callers.get('ENQUEUER')?.headers);
  expect(body.data.viewer.permissions.sort()).toEqual(
    [
      'changeCursor',
      'changed',
      'enqueueAccount',
      'enqueueAccounts',
      'node',
      'queuedCreation',
      'queuedCreations',
      'queuedCreationChanged',
      'viewer',
    ].sort(),
  );
  expect(body.data.viewer.operations.find(({ name }) => name === 'retryEntry')).toMatchObject({
    isAllowed: false,
    reason: expect.stringContaining('OPERATOR or ADMIN'),
  });
});

describe('REASON_REQUIRED', () => {
  let strict: TestApp;
  beforeAll(async () => {
    strict = await startTestApp({ url: database.url, config: { REASON_REQUIRED: 'true' }, hasTimers: false });
  });
  afterAll(() => strict?.close());

  it.each(DESTRUCTIVE)('%s is refused without one, and goes on with one', async (name) => {
    const operation = operations().find(({ coordinate }) => coordinate === `Mutation.${name}`);
    if (operation === undefined) throw new Error(`${name} is gone`);
    const document = operation.document.replace(
      '{ __typename }',
      '{ __typename ... on InvalidInputError { issues { path code } } }',
    );
    const ask = async (reason?: string) => {
      const input = { ...(operation.variables.a0 as object), ...(reason === undefined ? {} : { reason }) };
      const { body } = await strict.graphql<Record<string, { issues?: { path: string[]; code: string }[] }>>(document, {
        a0: input,
      });
      return (
        body.data?.[name]?.issues?.some(({ path, code }) => path.join() === 'reason' && code === 'REQUIRED') ?? false
      );
    };
    expect(await ask()).toBe(true);
    expect(await ask('   ')).toBe(true);
    expect(await ask('Because of the test.')).toBe(false);
  });
});

it('an ENQUEUER makes no admins of families', async () => {
  const { headers } = callers.get('ENQUEUER') ?? { headers: {} };
  const input = { familyId, createdByUserId: ownerId, username: 'too_mighty', fullName: 'Too Mighty', role: 'ADMIN' };
  const { body } = await app.graphql(
    'mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { ... on InvalidInputError { issues { path code } } } }',
    { input },
    headers,
  );
  expect(body.data).toEqual({ enqueueAccount: { issues: [{ path: ['role'], code: 'NOT_ALLOWED' }] } });
});
