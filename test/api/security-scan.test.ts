/**
 * The checks of the scanner graphql-cop under its own names: it may only find introspection, suggestions in errors,
 * and GraphiQL. All three are intended, and all three disappear when switched off.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let usual: TestApp;
let closed: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  usual = await startTestApp({ url: database.url, hasTimers: false });
  closed = await startTestApp({
    url: database.url,
    hasTimers: false,
    nodeName: 'closed',
    config: { GRAPHIQL: 'false', INTROSPECTION: 'false' },
  });
});
afterAll(async () => {
  await Promise.all([usual?.close(), closed?.close()]);
  await database?.drop();
});

interface Found {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[];
}

/** Sends a request as a scanner does: without optional headers, accepting any response. */
async function scan(app: TestApp, init: RequestInit, search = ''): Promise<{ text: string; json: Found | Found[] }> {
  const response = await fetch(`${app.url}/graphql${search}`, { headers: { accept: '*/*' }, ...init });
  const text = await response.text();
  try {
    return { text, json: JSON.parse(text) as Found };
  } catch {
    return { text, json: {} };
  }
}

const post = async (app: TestApp, query: string): Promise<Found> =>
  (
    await scan(app, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    })
  ).json as Found;
const get = async (app: TestApp, query: string): Promise<Found> =>
  (await scan(app, { method: 'GET' }, `?query=${encodeURIComponent(query)}`)).json as Found;
const repeated = (count: number, part: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => part(n)).join(' ');

/** Each check returns whether it found what it is named after. */
const CHECKS: Readonly<Record<string, (app: TestApp) => Promise<boolean>>> = {
  'alias overloading': async (app) =>
    (await post(app, `query { ${repeated(101, (n) => `alias${n}: __typename`)} }`)).data?.alias100 !== undefined,
  'array-based query batching': async (app) => {
    const body = JSON.stringify(Array(10).fill({ query: 'query { __typename }' }));
    const { json } = await scan(app, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return Array.isArray(json) && json.length >= 10;
  },
  'directive overloading': async (app) =>
    (await post(app, `query { __typename ${repeated(10, () => '@aa')} }`)).errors?.length === 10,
  'introspection-based circular query': async (app) =>
    (
      (await post(app, `query { __schema { types { ${'fields { type { '.repeat(4)} name ${'} }'.repeat(4)} } } }`)).data
        ?.__schema as { types?: unknown[] } | undefined
    )?.types !== undefined,
  'circular fragment': async (app) =>
    (
      await post(
        app,
        'query { __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }',
      )
    ).errors === undefined,
  'field duplication': async (app) =>
    (await post(app, `query { ${'__typename '.repeat(500)} }`)).data?.__typename !== undefined,
  'GET method query support': async (app) => (await get(app, '{__typename}')).data?.__typename !== undefined,
  'mutation over GET': async (app) => (await get(app, 'mutation {__typename}')).data?.__typename !== undefined,
  'url-encoded POST': async (app) => {
    const body = new URLSearchParams({ query: 'query {__typename}' });
    const inBody = await scan(app, { method: 'POST', body });
    const inUrl = await scan(app, { method: 'POST' }, `?${body}`);
    return [inBody, inUrl].some(({ json }) => (json as Found).data?.__typename !== undefined);
  },
  'field suggestions': async (app) =>
    (await post(app, 'query { __schema { directive } } ')).errors?.some(({ message }) =>
      message.includes('Did you mean'),
    ) === true,
  'GraphQL IDE': async (app) => {
    const paths = ['/graphql', '/', '/graphiql', '/playground', '/console', '/altair'];
    const pages = await Promise.all(
      paths.map((path) => fetch(`${app.url}${path}`, { headers: { accept: 'text/html' } }).then((page) => page.text())),
    );
    return pages.some((page) => /graphiql|playground|altair/i.test(page) && /<html/i.test(page));
  },
  introspection: async (app) =>
    (await post(app, 'query { __schema { types { name fields { name } } } }')).data?.__schema !== undefined,
  'trace mode': async (app) => {
    const { text, json } = await scan(app, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'query { __typename }' }),
    });
    return 'extensions' in json || /tracing|stacktrace|exception/i.test(text);
  },
  'unhandled errors': async (app) =>
    /exception|stack|\bat \S+:\d+/i.test(JSON.stringify(await post(app, 'qwerty cop { abc }'))),
};

const found = async (app: TestApp): Promise<string[]> => {
  const names: string[] = [];
  for (const [name, check] of Object.entries(CHECKS)) if (await check(app)) names.push(name);
  return names;
};

describe('the scanner', () => {
  test('finds by default what is meant to be found', async () => {
    expect(await found(usual)).toEqual(['field suggestions', 'GraphQL IDE', 'introspection']);
  });

  test('finds nothing where these are switched off', async () => {
    expect(await found(closed)).toEqual([]);
  });

  test.each(['alias overloading', 'field duplication', 'directive overloading'])(
    '%s is refused for what it is',
    async (name) => {
      const queries: Record<string, string> = {
        'alias overloading': `query { ${repeated(101, (n) => `alias${n}: __typename`)} }`,
        'field duplication': `query { ${'__typename '.repeat(500)} }`,
        'directive overloading': `query { __typename ${repeated(10, () => '@aa')} }`,
      };
      const { errors } = await post(usual, queries[name] ?? '');
      expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['QUERY_TOO_COMPLEX']);
    },
  );
});
