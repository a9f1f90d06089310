/**
 * The limits of a request, each at the limit and just above it: bytes, tokens, directives, aliases, root fields,
 * complexity, depth, breadth.
 */
import { request } from 'node:http';
import { type GraphQLObjectType, getNamedType, isLeafType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GraphqlAnswer, startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let server: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestApp({ url: database.url, hasTimers: false });
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

const aliased = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');
/** Costs 1 for the list, 100 for each field of its 100 objects, 2,000 for each of their attempts, and `rest` more. */
const costly = (rest: number) =>
  `{ queuedCreations(first: 100) { nodes { ${aliased(7, 'username')} attempts { nodes { ${aliased(11, 'number')} } } } } families(first: ${rest - 1}) { totalCount } }`;
/** Expensive to execute although it is short. */
const PREVIEW = 'previewSchedule(input: { cron: "0 3 * * *" }) { cronDescription }';
/** Eleven levels, and below them the fields of the members. */
const nested = (leaf: string) =>
  `{ queuedCreations(first: 1) { nodes ${'{ family { members(first: 1) { nodes '.repeat(3)} { ${leaf} } ${'} } }'.repeat(3)} } }`;

describe('a query is refused as a whole beyond', () => {
  test.each([
    ['a complexity of 25,000', costly(99), costly(100), /complexity is 25001, at most 25000/],
    ['a depth of 12', nested('fullName'), nested('family { name }'), /depth is 13, at most 12/],
    [
      'a breadth of 200',
      `{ queueStatistics { ${aliased(199, 'dueCount')} } }`,
      `{ queueStatistics { ${aliased(200, 'dueCount')} } }`,
      /breadth is 201, at most 200/,
    ],
    [
      'two reckonings of a schedule',
      `{ ${aliased(2, PREVIEW)} }`,
      `{ ${aliased(3, PREVIEW)} }`,
      /complexity is 36003, at most 25000/,
    ],
  ])('%s', async (_what, atLimit, beyond, message) => {
    const accepted = await server.graphql(atLimit);
    expect(accepted.body.errors).toBeUndefined();
    expect(accepted.status).toBe(200);
    const refused = await server.graphql(beyond);
    expect(refused.body.errors).toHaveLength(1);
    expect(refused.body.errors?.[0]?.message).toMatch(message);
    expect(refused.body.errors?.[0]?.extensions).toEqual({
      code: 'QUERY_TOO_COMPLEX',
      requestId: refused.headers.get('x-request-id'),
    });
    expect(refused.body.data).toBeUndefined();
    expect(refused.status).toBe(400);
  });

  test('a page of 100 entries with all their own fields and those of their attempts is not', async () => {
    const plain = (type: string) =>
      Object.values((server.app.schema.getType(type) as GraphQLObjectType).getFields())
        .filter((field) => isLeafType(getNamedType(field.type)) && field.args.length === 0)
        .map(({ name }) => name)
        .join(' ');
    const { body } = await server.graphql(
      `{ queuedCreations(first: 100) { nodes { ${plain('QueuedCreation')} attempts { nodes { ${plain('Attempt')} node { name } } } } pageInfo { hasNextPage endCursor } } }`,
    );
    expect(body.errors).toBeUndefined();
  });

  const directives = (count: number) =>
    `{ queueStatistics { ${Array.from({ length: count }, (_, index) => `a${index}: dueCount @include(if: true)`).join(' ')} } }`;
  /** A document of `count` tokens: 23 of its own, the others in a list that is a variable's default. */
  const tokens = (count: number) =>
    `query ($x: [Int!] = [${'1 '.repeat(count - 23)}]) { __typename @include(if: true) }`;

  test.each([
    ['5,000 tokens', tokens(5_000), tokens(5_001), /more than 5000 tokens/],
    ['50 directives', directives(50), directives(51), /51 directives, at most 50 are allowed/],
    [
      '200 aliases',
      `query A { queueStatistics { ${aliased(100, 'dueCount')} } } query B { queueStatistics { ${aliased(100, 'dueCount')} } }`,
      `query A { queueStatistics { ${aliased(100, 'dueCount')} } } query B { queueStatistics { ${aliased(101, 'dueCount')} } }`,
      /201 aliases, at most 200 are allowed/,
    ],
    [
      '50 root fields',
      `{ ${aliased(50, '__typename')} }`,
      `{ ${aliased(51, '__typename')} }`,
      /51 root fields, at most 50 are allowed/,
    ],
    [
      '50 root fields, repeated ones and those of fragments among them',
      `{ ${'__typename '.repeat(24)} ... { ${'__typename '.repeat(25)} } ...F } fragment F on Query { __typename }`,
      `{ ${'__typename '.repeat(24)} ... { ${'__typename '.repeat(25)} } ...F } fragment F on Query { __typename __typename }`,
      /51 root fields/,
    ],
  ])('%s, before it is validated', async (_what, atLimit, beyond, message) => {
    const accepted = await server.graphql(atLimit);
    expect(accepted.body.errors?.map((error) => error.extensions.code) ?? []).not.toContain('QUERY_TOO_COMPLEX');
    // The second request is refused from the cache.
    for (const _time of [1, 2]) {
      const refused = await server.graphql(beyond);
      expect(refused.body).toEqual({
        errors: [
          expect.objectContaining({
            message: expect.stringMatching(message),
            extensions: { code: 'QUERY_TOO_COMPLEX', requestId: refused.headers.get('x-request-id') },
          }),
        ],
      });
      expect(refused.status).toBe(400);
    }
  });

  test('lists in lists, however deep', async () => {
    const { status, body } = await server.graphql(
      `{ queuedCreations(filter: { status: ${'['.repeat(4_000)} }) { totalCount } }`,
    );
    expect(status).toBe(400);
    // The parser's recursion ends when the stack overflows or, with small frames, at the end of the text.
    expect(['QUERY_TOO_COMPLEX', 'GRAPHQL_PARSE_FAILED']).toContain(body.errors?.[0]?.extensions.code);
  });
});

describe('a body of more than 1 MB', () => {
  const body = (bytes: number) => {
    const [start, end] = ['{"query":"{ __typename }","variables":{"x":"', '"}}'];
    return start + 'x'.repeat(bytes - start.length - end.length) + end;
  };

  test.each([
    ['with its length declared', true],
    ['in chunks', false],
  ])('%s is refused with 413, one of 1 MB is not', async (_how, isDeclared) => {
    const accepted = await post(body(1_000_000), isDeclared);
    expect(accepted).toMatchObject({ status: 200, body: { data: { __typename: 'Query' } } });
    const refused = await post(body(1_000_001), isDeclared);
    expect(refused.status).toBe(413);
    expect(refused.body.errors?.[0]?.extensions).toEqual({
      code: 'PAYLOAD_TOO_LARGE',
      requestId: refused.headers.get('x-request-id'),
    });
    expect((await server.graphql('{ __typename }')).status).toBe(200);
  });

  test('a length declared too large is refused before the body comes', async () => {
    const refused = await post('', true, 50_000_000);
    expect(refused.status).toBe(413);
  });
});

/** Uses node:http because fetch sets the length itself. */
function post(body: string, isDeclared: boolean, length = Buffer.byteLength(body)): Promise<GraphqlAnswer<unknown>> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(isDeclared ? { 'content-length': length } : { 'transfer-encoding': 'chunked' }),
      },
    });
    let hasAnswer = false;
    sent.on('response', (response) => {
      hasAnswer = true;
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        sent.destroy();
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(
            Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]),
          ),
          body: JSON.parse(text) as GraphqlAnswer<unknown>['body'],
        });
      });
    });
    // The server may close the connection while we still send what it has refused.
    sent.on('error', (error) => (hasAnswer ? undefined : reject(error)));
    for (let at = 0; at < body.length; at += 100_000) sent.write(body.slice(at, at + 100_000));
    if (length === Buffer.byteLength(body)) sent.end();
    else sent.flushHeaders();
  });
}
