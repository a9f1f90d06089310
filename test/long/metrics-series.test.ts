/**
 * Values that clients choose must not become series: 10,000 requests to a real node with different names, paths,
 * methods, credentials and mistakes, and the scrape stays as large as before.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

const REQUESTS = 10_000;
const CALLERS = 16;
/** An upper bound for the series that the code can create: requested root fields, buckets of histograms. */
const MOST_SERIES = 1_500;

let database: TestDatabase;
let family: { familyId: string; ownerId: string };
let node: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  const config = { authenticationFailuresPerMinute: 1_000_000, metricsIntervalMs: 500 };
  node = await startTestApp({ url: database.url, config, logLevel: 'silent' });
});
afterAll(async () => {
  await node?.close();
  await database?.drop();
});

const post = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const graphql = (query: string, more: object = {}, headers = {}): [string, RequestInit] => [
  '/graphql',
  post({ query, ...more }, headers),
];
const METHODS = ['PUT', 'DELETE', 'PATCH', 'PROPFIND', 'PURGE', 'REPORT', 'OPTIONS', 'HEAD', 'SEARCH'];

/** Requests of every kind; `n` makes each one unique. */
const kinds: readonly ((n: number) => [string, RequestInit])[] = [
  (n) => graphql(`query Name${n} { alias${n}: queueStatistics { pendingCount } }`, { operationName: `Name${n}` }),
  (n) => graphql(`{ field${n} }`),
  (n) => graphql(`{ families(first: ${n % 7}) { nodes { x${n} } }`),
  (n) => graphql(`query { queuedCreation(entryId: "${n}") { username } }`),
  (n) => graphql(`query Q${n} { ...F${n} } fragment F${n} on Query { jobSchedule(name: "Job${n}") { name } }`),
  (n) => graphql(`mutation M${n} { runJobNow(input: {jobName: "Job${n}"}) { __typename } }`),
  (n) => graphql(`{ a${n}: __typename b${n}: __schema { queryType { name } } }`),
  (n) => graphql(`subscription S${n} { nothing${n} }`, {}, { accept: 'text/event-stream' }),
  (n) => graphql('{ __typename }', {}, { authorization: `Bearer wrong-${n}`, 'x-request-id': `r-${n}` }),
  (n) =>
    graphql(`mutation($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename } }`, {
      variables: {
        input: { familyId: family.familyId, createdByUserId: family.ownerId, username: `u_${n}`, fullName: `N${n}` },
      },
    }),
  (n) => [`/path/${n}`, {}],
  (n) => [`/metrics/${n}?x=${n}`, { headers: { 'user-agent': `agent ${n}` } }],
  (n) => [`/graphql?query=${n}`, {}],
  (n) => [`/health/live?${n}`, { method: METHODS[n % METHODS.length] }],
  (n) => ['/graphql', { method: 'POST', headers: { 'content-type': `text/x-${n}` }, body: `${n}` }],
  (n) => [`/__proto__/${n}`, { method: METHODS[n % METHODS.length] }],
];

async function drive(from: number, to: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let next = from;
  const caller = async (): Promise<void> => {
    while (next < to) {
      const n = next++;
      const [path, init] = kinds[n % kinds.length]?.(n) ?? ['/', {}];
      const answer = await fetch(node.url + path, { redirect: 'manual', ...init });
      await answer.arrayBuffer();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return statuses;
}

async function series(): Promise<string[]> {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test(`${REQUESTS} different requests leave as many series as the code has names for`, async () => {
  const statuses = await drive(0, REQUESTS / 2);
  // They got the intended responses: success, refused, not authenticated, not found.
  for (const status of [200, 400, 401, 404]) expect(statuses.get(status), String(status)).toBeGreaterThan(100);
  // A scrape is a request too.
  await series();
  const before = await series();
  await drive(REQUESTS / 2, REQUESTS);
  const after = await series();
  expect(after.length).toBeLessThan(MOST_SERIES);
  const names = (lines: string[]) => lines.map((line) => line.slice(0, line.lastIndexOf(' ')));
  const fresh = names(after).filter((name) => !names(before).includes(name));
  // Ignore series of occasional events: a run of a job, a garbage collection, a takeover.
  expect(fresh.filter((name) => /graphql|http|authentication|database_errors/.test(name))).toEqual([]);
  expect(after.filter((line) => /alias|Name\d|field\d|Job\d|u_\d|agent|wrong|\/path/.test(line))).toEqual([]);
  expect(
    after.some((line) => line.startsWith('family_hub_http_duration_seconds_count{route="other",method="other"')),
  ).toBe(true);
  expect(
    after.some((line) => line.startsWith('family_hub_graphql_operations_total{operation="queueStatistics",ok="true"}')),
  ).toBe(true);
});
