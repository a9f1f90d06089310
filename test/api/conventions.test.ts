/**
 * The API's conventions as a script sees them: malformed requests have a code, refusals are data, ids and keys,
 * replays, secrets. Pages, faults and limits have separate test files.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/graphql/errors.ts';
import { postGraphql, startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let server: TestApp;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  server = await startTestApp({ url: database.url });
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

interface Refusal {
  __typename: string;
  code: string;
  message: string;
  issues?: { path: string[]; code: string; message: string }[];
}
interface Enqueued {
  enqueueAccount: Partial<Refusal> & {
    fields?: string[];
    generatedPassword?: string | null;
    isReplay?: boolean;
    entry?: { id: string; entryId: string; username: string; status: string };
  };
}

const ENQUEUE = `mutation ($input: EnqueueAccountInput!) {
  enqueueAccount(input: $input) {
    __typename
    ... on EnqueueAccountPayload { generatedPassword isReplay entry { id entryId username status } }
    ... on MutationError { code message }
    ... on InvalidInputError { issues { path code message } }
    ... on IdempotencyConflictError { fields }
  }
}`;
const enqueue = async (input: Record<string, unknown>) => {
  const { familyId, ownerId: createdByUserId } = family;
  const { body } = await server.graphql<Enqueued>(ENQUEUE, {
    input: { familyId, createdByUserId, fullName: 'Somebody', ...input },
  });
  expect(body.errors).toBeUndefined();
  return body.data.enqueueAccount;
};

describe('what is malformed has a code, a request id and a status', () => {
  test.each<[string, string, Record<string, unknown>, string, number]>([
    ['a syntax error', '{', {}, 'GRAPHQL_PARSE_FAILED', 400],
    ['an unknown field', '{ nope }', {}, 'GRAPHQL_VALIDATION_FAILED', 400],
    ['an unknown argument', '{ families(nope: 1) { totalCount } }', {}, 'GRAPHQL_VALIDATION_FAILED', 400],
    ['a literal out of range', '{ families(first: 2147483648) { totalCount } }', {}, 'GRAPHQL_VALIDATION_FAILED', 400],
    [
      'no operation of several named',
      'query a { __typename } query b { __typename }',
      {},
      'OPERATION_RESOLUTION_FAILURE',
      400,
    ],
    [
      'a variable of the wrong type',
      'query ($n: Int) { families(first: $n) { totalCount } }',
      { n: 'x' },
      'BAD_USER_INPUT',
      400,
    ],
    ['a missing variable', 'query ($n: UUID!) { family(familyId: $n) { name } }', {}, 'BAD_USER_INPUT', 400],
    [
      'a fraction for a number',
      'query ($n: Int) { families(first: $n) { totalCount } }',
      { n: 1.5 },
      'BAD_USER_INPUT',
      400,
    ],
    [
      'an enum value that is none',
      'query ($s: [EntryStatus!]) { queuedCreations(filter: { status: $s }) { totalCount } }',
      { s: ['NEVER'] },
      'BAD_USER_INPUT',
      400,
    ],
    ['a UUID that is none', 'query ($n: UUID!) { family(familyId: $n) { name } }', { n: '1' }, 'BAD_USER_INPUT', 400],
    [
      'an instant without a zone',
      'query ($t: DateTime) { nextFireTimes(after: $t) { at } }',
      { t: '2027-01-01T00:00:00' },
      'BAD_USER_INPUT',
      400,
    ],
    [
      'the 30th of February',
      'query ($t: DateTime) { nextFireTimes(after: $t) { at } }',
      { t: '2027-02-30T00:00:00Z' },
      'BAD_USER_INPUT',
      400,
    ],
    [
      'an hour 24',
      'query ($t: DateTime) { nextFireTimes(after: $t) { at } }',
      { t: '2027-02-03T24:00:00Z' },
      'BAD_USER_INPUT',
      400,
    ],
    [
      'the year 0',
      'query ($t: DateTime) { nextFireTimes(after: $t) { at } }',
      { t: '0000-01-01T00:00:00Z' },
      'BAD_USER_INPUT',
      400,
    ],
    ['101 fire times', '{ nextFireTimes(first: 101) { at } }', {}, 'BAD_USER_INPUT', 200],
    [
      'a zero character to search for',
      'query ($s: String) { families(search: $s) { totalCount } }',
      { s: 'a\u0000b' },
      'BAD_USER_INPUT',
      200,
    ],
    [
      'a zero character in a filter',
      'query ($s: String) { queuedCreations(filter: { username: { startsWith: $s } }) { totalCount } }',
      { s: '\u0000' },
      'BAD_USER_INPUT',
      200,
    ],
    [
      'a filter of 1001 choices',
      'query ($s: [String!]) { queuedCreations(filter: { errorCode: { in: $s } }) { totalCount } }',
      { s: Array.from({ length: 1_001 }, String) },
      'BAD_USER_INPUT',
      200,
    ],
  ])('%s', async (_what, query, variables, code, status) => {
    const answer = await server.graphql(query, variables);
    const { errors = [] } = answer.body;
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(errors[0]?.extensions.requestId).toBe(answer.headers.get('x-request-id'));
    expect(answer.status).toBe(status);
    expect(ERROR_CODES).toHaveProperty(code);
  });

  test.each<[string, unknown, Record<string, string>, string, number]>([
    ['a body that is no JSON', '{"query', {}, 'BAD_REQUEST', 400],
    ['a body that is no object', '5', {}, 'BAD_REQUEST', 400],
    ['no query', {}, {}, 'BAD_REQUEST', 400],
    ['a batch', [{ query: '{ __typename }' }], {}, 'BAD_REQUEST', 400],
    ['variables that are no object', { query: '{ __typename }', variables: 'x' }, {}, 'BAD_REQUEST', 400],
    ['XML', '<a/>', { 'content-type': 'application/xml' }, 'UNSUPPORTED_MEDIA_TYPE', 415],
    ['an upload', '--x--', { 'content-type': 'multipart/form-data; boundary=x' }, 'UNSUPPORTED_MEDIA_TYPE', 415],
    [
      'a form, which any web page could send',
      'query=mutation%7B__typename%7D',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'UNSUPPORTED_MEDIA_TYPE',
      415,
    ],
    [
      'plain text, which any web page could send',
      '{"query":"{__typename}"}',
      { 'content-type': 'text/plain' },
      'UNSUPPORTED_MEDIA_TYPE',
      415,
    ],
    ['an answer as a picture', { query: '{ __typename }' }, { accept: 'image/png' }, 'NOT_ACCEPTABLE', 406],
    [
      'a subscription as one answer',
      { query: 'subscription { jobRunChanged { runId } }' },
      { accept: 'application/json' },
      'NOT_ACCEPTABLE',
      406,
    ],
  ])('%s', async (_what, body, headers, code, status) => {
    const answer = await postGraphql(`${server.url}/graphql`, body, headers);
    expect(answer.body.errors?.map(({ extensions }) => extensions)).toEqual([
      { code, requestId: answer.headers.get('x-request-id') },
    ]);
    expect(answer.status).toBe(status);
    expect(ERROR_CODES).toHaveProperty(code);
  });

  test('a mutation by GET is refused, and does nothing', async () => {
    const query = 'mutation { openCircuit(input: { reason: "by GET" }) { __typename } }';
    const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { accept: 'application/json', 'x-graphql-yoga-csrf': '1' },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }] });
    const { body } = await server.graphql('{ identityProvider { circuit { state } } }');
    expect(body.data).toEqual({ identityProvider: { circuit: { state: 'CLOSED' } } });
  });
});

describe('the request id', () => {
  test('is the caller’s, in header and error alike', async () => {
    const answer = await server.graphql('{ nope }', {}, { 'x-request-id': 'mine-1.2_3' });
    expect(answer.headers.get('x-request-id')).toBe('mine-1.2_3');
    expect(answer.body.errors?.[0]?.extensions.requestId).toBe('mine-1.2_3');
  });

  test.each(['<script>', 'a b', 'x'.repeat(65), 'ü'])('is made anew for one like %s', async (given) => {
    const answer = await server.graphql('{ nope }', {}, { 'x-request-id': encodeURI(given).slice(0, 65) });
    const requestId = answer.headers.get('x-request-id');
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.body.errors?.[0]?.extensions.requestId).toBe(requestId);
  });
});

describe('global ids', () => {
  const idOf = (text: string) => Buffer.from(text).toString('base64url');
  const node = (id: string) =>
    server.graphql<{ node: unknown }>('query ($id: ID!) { node(id: $id) { __typename id } }', { id });

  test('every node type is found again by its id, and a plain key stands beside it', async () => {
    await enqueue({ username: 'found_again' });
    await database.db.query(
      `INSERT INTO auth.family_member_invitations
         (family_id, email, role, status, invitation_token, invitation_display_code, invited_by_user_id, expires_at)
       VALUES ($1, 'a@example.org', 'member', 'pending', 'token', 'CODE', $2, now())`,
      [family.familyId, family.ownerId],
    );
    await server.graphql(
      'mutation { runJobNow(input: { jobName: "ExpiredInvitationCleanupJob", wait: true }) { __typename } }',
    );
    const { body } = await server.graphql<Record<string, never>>(`{
      families(first: 1) { nodes { id familyId members { nodes { id userId } } invitations { nodes { id invitationId } } } }
      queuedCreations(first: 1) { nodes { id entryId } }
      jobSchedules { id name }
      jobRuns(first: 1) { nodes { id runId } }
      serverNodes { id nodeId }
    }`);
    const ids = [...JSON.stringify(body.data).matchAll(/"id":"([^"]+)"/g)].map((match) => match[1] ?? '');
    const types = new Set<string>();
    for (const id of ids) {
      const found = await node(id);
      const { __typename: typename, id: again } = found.body.data.node as { __typename: string; id: string };
      expect(again).toBe(id);
      types.add(typename);
    }
    expect([...types].sort()).toEqual(
      ['Family', 'FamilyMemberInvitation', 'JobRun', 'JobSchedule', 'QueuedCreation', 'ServerNode', 'User'].sort(),
    );
  });

  test.each([
    'QueuedCreation:00000000-0000-4000-8000-000000000000',
    'JobSchedule:NoSuchJob',
    'User:00000000-0000-4000-8000-000000000000',
  ])('%s, which does not exist, is null and no error', async (text) =>
    expect((await node(idOf(text))).body).toEqual({ data: { node: null } }),
  );

  test.each([
    'nonsense',
    '',
    idOf('QueuedCreation:1'),
    idOf('Nope:1'),
    idOf('Attempt:1'),
    idOf('EntryStatus:PENDING'),
    idOf('MutationError:1'),
    idOf('User:x\u0000y'),
    'A'.repeat(5_000),
  ])('refuses %s', async (id) => {
    const { status, body } = await node(id);
    expect(status).toBe(200);
    expect(body.errors?.[0]).toMatchObject({
      message: 'This is not an id of this API. Pass an `id` as the API gave it.',
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });
});

describe('a span that ends where it begins, or before, is refused with the same words', () => {
  const [late, early] = ['"2026-02-01T00:00:00Z"', '"2026-01-01T00:00:00Z"'];
  const SPANS: [string, (span: string) => string, string][] = [
    [
      'queuedCreations by creation',
      (span) => `{ queuedCreations(filter: {createdAt: ${span}}) { totalCount } }`,
      'filter.createdAt',
    ],
    [
      'queuedCreations by due time',
      (span) => `{ queuedCreations(filter: {nextRetryAt: ${span}}) { totalCount } }`,
      'filter.nextRetryAt',
    ],
    [
      'queuedCreationChanged',
      (span) => `subscription { queuedCreationChanged(filter: {createdAt: ${span}}) { entryId } }`,
      'filter.createdAt',
    ],
    ['outboxEvents', (span) => `{ outboxEvents(filter: {createdAt: ${span}}) { totalCount } }`, 'filter.createdAt'],
    ['auditEntries', (span) => `{ auditEntries(filter: {at: ${span}}) { totalCount } }`, 'filter.at'],
  ];

  test.each(SPANS)('%s', async (_name, query, path) => {
    for (const span of [`{from: ${late}, to: ${early}}`, `{from: ${late}, to: ${late}}`]) {
      const { body } = await server.graphql(query(span), {}, { accept: 'application/json' });
      expect(body.errors).toMatchObject([
        { message: `${path}.to: must be after \`from\`.`, extensions: { code: 'BAD_USER_INPUT' } },
      ]);
    }
    if (query('').startsWith('subscription')) return;
    for (const span of [`{from: ${early}, to: ${late}}`, `{from: ${late}}`, `{to: ${early}, from: null}`, '{}'])
      expect((await server.graphql(query(span))).body.errors, span).toBeUndefined();
  });

  test('a plan, and redeliverWebhook', async () => {
    const { body: plan } = await server.graphql<{ planBulkAction: Refusal }>(
      `mutation { planBulkAction(input: {action: CANCEL, filter: {createdAt: {from: ${late}, to: ${early}}}}) {
        __typename ... on InvalidInputError { message issues { path } } } }`,
    );
    expect(plan.data.planBulkAction).toEqual({
      __typename: 'InvalidInputError',
      message: 'filter.createdAt.to: must be after `from`.',
      issues: [{ path: ['filter', 'createdAt', 'to'] }],
    });
    const { body: again } = await server.graphql<{ redeliverWebhook: Refusal }>(
      `mutation { redeliverWebhook(input: {webhookId: "00000000-0000-4000-8000-000000000000", from: ${late}, to: ${early}}) {
        __typename ... on InvalidInputError { message } } }`,
    );
    expect(again.data.redeliverWebhook.message).toBe('to: must be after `from`.');
  });
});

describe('refusals are data', () => {
  test('all problems at once, each with its path and code', async () => {
    const refusal = await enqueue({ username: 'X', fullName: '', password: 'short', role: 'OWNER' });
    expect(refusal).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT' });
    const paths = refusal.issues?.map(({ path }) => path.join('.'));
    expect(paths?.sort()).toEqual(['fullName', 'password', 'role', 'username']);
    for (const issue of refusal.issues ?? []) {
      expect(issue.code).toMatch(/^[A-Z_]+$/);
      expect(refusal.message).toContain(issue.message);
    }
  });

  test.each<[string, string, string]>([
    ['retryEntry', '{ entryId: "00000000-0000-4000-8000-000000000000" }', 'NOT_FOUND'],
    ['cancelEntry', '{ entryId: "00000000-0000-4000-8000-000000000000" }', 'NOT_FOUND'],
    ['runJobNow', '{ jobName: "NoSuchJob" }', 'NOT_FOUND'],
    ['runJobNow', `{ jobName: "${'x'.repeat(201)}" }`, 'INVALID_INPUT'],
    ['runJobNow', '{ jobName: "ExpiredInvitationCleanupJob", idempotencyKey: "" }', 'INVALID_INPUT'],
    ['openCircuit', '{ reason: " " }', 'INVALID_INPUT'],
    ['openCircuit', '{ reason: "past", until: "2001-01-01T00:00:00Z" }', 'INVALID_INPUT'],
    ['closeCircuit', `{ reason: "${'x'.repeat(501)}" }`, 'INVALID_INPUT'],
  ])('%s %s answers %s on MutationError', async (mutation, input, code) => {
    const { status, body } = await server.graphql<Record<string, Refusal>>(
      `mutation { ${mutation}(input: ${input}) { __typename ... on MutationError { code message } } }`,
    );
    expect(status).toBe(200);
    expect(body.errors).toBeUndefined();
    expect(body.data[mutation]).toMatchObject({ code, message: expect.stringMatching(/\S \S/) });
  });

  test('state changes can be repeated', async () => {
    const open =
      'mutation { openCircuit(input: { reason: "maintenance" }) { ... on OpenCircuitPayload { isChanged identityProvider { circuit { state reason openedBy } } } } }';
    const close =
      'mutation { closeCircuit(input: {}) { ... on CloseCircuitPayload { isChanged identityProvider { circuit { state reason } } } } }';
    const opened = { circuit: { state: 'OPEN', reason: 'maintenance', openedBy: 'local' } };
    expect((await server.graphql(open)).body.data).toEqual({
      openCircuit: { isChanged: true, identityProvider: opened },
    });
    expect((await server.graphql(open)).body.data).toEqual({
      openCircuit: { isChanged: false, identityProvider: opened },
    });
    const closed = { circuit: { state: 'CLOSED', reason: null } };
    expect((await server.graphql(close)).body.data).toEqual({
      closeCircuit: { isChanged: true, identityProvider: closed },
    });
    expect((await server.graphql(close)).body.data).toEqual({
      closeCircuit: { isChanged: false, identityProvider: closed },
    });
  });
});

describe('idempotency keys', () => {
  test('same input: the first result again, its generated password shown once', async () => {
    const input = { username: 'only_once', idempotencyKey: 'key-1' };
    const first = await enqueue(input);
    const again = await enqueue(input);
    expect(first).toMatchObject({ isReplay: false, generatedPassword: expect.stringMatching(/^.{12,}$/) });
    expect(again).toMatchObject({ isReplay: true, generatedPassword: null, entry: { entryId: first.entry?.entryId } });
  });

  test('other input: a conflict that names fields, never values', async () => {
    await enqueue({ username: 'conflicted', password: 'a first password 1', idempotencyKey: 'key-2' });
    const conflict = await enqueue({
      username: 'conflicted',
      password: 'a second password 2',
      idempotencyKey: 'key-2',
    });
    expect(conflict).toMatchObject({ __typename: 'IdempotencyConflictError', fields: ['password'] });
    expect(JSON.stringify(conflict)).not.toContain('second password');
  });

  test('a refusal is not recorded: the key can be used again', async () => {
    expect(await enqueue({ username: 'no', idempotencyKey: 'key-3' })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await enqueue({ username: 'mended', idempotencyKey: 'key-3' })).toMatchObject({ isReplay: false });
  });
});

describe('shapes', () => {
  test('instants are UTC with milliseconds, durations ISO 8601', async () => {
    await server.graphql(
      'mutation { runJobNow(input: { jobName: "ExpiredInvitationCleanupJob", wait: true }) { __typename } }',
    );
    const { body } = await server.graphql<{
      jobRuns: { nodes: { startedAt: string; finishedAt: string; duration: string }[] };
    }>('{ jobRuns(first: 1, filter: { status: [SUCCEEDED] }) { nodes { startedAt finishedAt duration } } }');
    const run = body.data.jobRuns.nodes[0];
    expect(run?.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(run?.duration).toMatch(/^PT\d+(\.\d{1,3})?S$/);
    const seconds = Number(/^PT(.*)S$/.exec(run?.duration ?? '')?.[1]);
    expect(Math.round(seconds * 1_000)).toBe(Date.parse(run?.finishedAt ?? '') - Date.parse(run?.startedAt ?? ''));
  });

  test('no password comes out of a request that is malformed, wherever it stands', async () => {
    const secret = 'NeverSeenAgain4711';
    const look =
      'query ($n: Int, $s: EntryStatus, $u: UUID!) { families(first: $n) { totalCount } family(familyId: $u) { name } queuedCreations(filter: { status: [$s] }) { totalCount } }';
    const enqueueWith = (input: string) => `mutation { enqueueAccount(input: ${input}) { __typename } }`;
    const malformed: [query: string, variables?: Record<string, unknown>][] = [
      [ENQUEUE, { input: { username: 'x', password: secret } }],
      [ENQUEUE, { input: { password: { value: secret }, familyId: secret, role: secret, runAt: secret } }],
      [ENQUEUE, { input: [secret] }],
      [ENQUEUE, { input: secret }],
      [look, { n: secret, s: secret, u: secret }],
      ['subscription ($n: UUID) { queuedCreationChanged(filter: { familyId: $n }) { entryId } }', { n: secret }],
      [enqueueWith(`{ password: ${secret} }`)],
      [enqueueWith(`{ password: { a: "${secret}" }, role: "${secret}", familyId: "${secret}" }`)],
      [enqueueWith(`"${secret}"`)],
      [enqueueWith(`{ password: '${secret}' }`)],
      [enqueueWith(`{ password: "a " ${secret} " }`)],
      [enqueueWith(`{ password: "a " "${secret}" }`)],
      // A variable with a default may be null where the field may not; only execution detects that.
      [
        `query ($s: String! = "", $p: String = "x") { queuedCreations(filter: { username: { in: [$p, $s, "${secret}"] } }) { totalCount } }`,
        { p: null },
      ],
    ];
    for (const [query, variables = {}] of malformed) {
      const accept = query.startsWith('subscription') ? 'text/event-stream' : 'application/json';
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify({ query, variables }),
      });
      const answer = await response.text();
      expect(answer).toMatch(/"code":"(BAD_USER_INPUT|GRAPHQL_\w+)"/);
      expect(answer, query).not.toContain(secret);
    }
    for (const body of [secret, `{"query": ${secret}}`, JSON.stringify({ query: '{ a }', variables: secret })]) {
      const answer = await postGraphql(`${server.url}/graphql`, body);
      expect(answer.body.errors?.[0]?.extensions.code).toBe('BAD_REQUEST');
      expect(JSON.stringify(answer.body)).not.toContain(secret);
    }
    expect(JSON.stringify(server.logLines)).not.toContain(secret);
  });

  test('values in the document are told apart by their arguments', async () => {
    const { body } = await server.graphql(
      `query ($ids: [UUID!] = ["z"]) { a: queuedCreation(entryId: "x") { status } queuedCreation(entryId: "y") { status }
        queuedCreations(filter: { entryIds: ["${family.familyId}", "u"], createdAt: { from: "now" }, dueNow: 1 }) { totalCount }
        families(first: "two") { totalCount } other: queuedCreations(filter: { entryIds: $ids }) { totalCount } }`,
    );
    expect(body.errors?.map(({ message }) => message.replace(/: .*/, '')).sort()).toEqual([
      'The argument "entryId" of "a" has no valid value',
      'The argument "entryId" of "queuedCreation" has no valid value',
      'The argument "filter.createdAt.from" of "queuedCreations" has no valid value',
      'The argument "filter.dueNow" of "queuedCreations" has no valid value',
      'The argument "filter.entryIds.1" of "queuedCreations" has no valid value',
      'The argument "first" of "families" has no valid value',
      'The default of the variable "$ids.0" has no valid value',
    ]);
    for (const { extensions } of body.errors ?? [])
      expect(['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']).toContain(extensions.code);
  });

  test('a malformed variable is told by the way to its field, the reason and the remedy', async () => {
    const { body } = await server.graphql(ENQUEUE, {
      input: { ...family, familyId: 'x', createdByUserId: family.ownerId, username: 1, role: 'OWNR', nme: 'y' },
    });
    const told = body.errors?.map(({ message }) => message) ?? [];
    expect(
      told.map((message) => /^Variable "\$input" has no valid value at "([\w.]+)": /.exec(message)?.[1]).sort(),
    ).toEqual(['input', 'input', 'input', 'input.familyId', 'input.role', 'input.username']);
    expect(body.errors?.map(({ extensions }) => extensions.issues)).toContainEqual([
      { path: ['username'], code: 'INVALID_VALUE', message: 'String cannot represent a non string value.' },
    ]);
    expect(told.map((message) => message.replace(/^.*?": /, ''))).toEqual(
      expect.arrayContaining([
        'Field "fullName" of required type "String!" was not provided.',
        'Field "nme" is not defined by type "EnqueueAccountInput".',
        'This is not a UUID. Example: "0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11"',
        'The value does not exist in "UserRole" enum. Did you mean the enum value "OWNER"?',
        'String cannot represent a non string value.',
      ]),
    );
  });

  test('no password comes out, in any answer, log line, event or metric', async () => {
    const password = 'Never-Seen-Again-42';
    const accepted = await enqueue({ username: 'secretive', password });
    const refused = await enqueue({ username: 'NO!', password });
    const listed = await server.graphql(
      '{ queuedCreations(first: 100) { nodes { entryId username status lastErrorMessage } } }',
    );
    const events = await database.db.query('SELECT payload::text FROM auth.outbox_events');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const everything = JSON.stringify([accepted, refused, listed.body, server.logLines, events, metrics]);
    expect(accepted).toMatchObject({ generatedPassword: null });
    expect(everything).toContain('secretive');
    expect(everything).not.toContain(password);
  });
});
