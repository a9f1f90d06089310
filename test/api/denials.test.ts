/**
 * Audited refusals: a caller without permission leaves an entry of what it tried, and cannot fill the trail, which
 * is kept for ever, by trying more.
 */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createDenials, DENIALS_PER_MINUTE } from '../../src/access/denials.ts';
import type { Database } from '../../src/database/database.ts';
import { callerWith, type Headers, WITH_ACCESS } from '../support/access.ts';
import { callerNamed } from '../support/acts.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { testContext } from '../support/context.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let app: TestApp;
let viewer: Headers;

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({ url: database.url, config: WITH_ACCESS, hasTimers: false });
  viewer = await callerWith(app, { name: 'a viewer', role: 'VIEWER' });
});
afterEach(() => vi.useRealTimers());
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

/** Passes at once in these tests, so that none depends on how many refusals a machine writes in a minute. */
const MINUTE_MS = 60_000;

interface Row {
  readonly action: string;
  readonly reason: string;
  readonly after: string | null;
}
const denied = (actor: string): Promise<Row[]> =>
  database.db.query<Row>(
    `SELECT action, reason, after FROM auth.audit_entries WHERE actor = $1 AND outcome = 'denied' ORDER BY sequence`,
    [actor],
  );

const SEVERAL = `mutation {
  one: pauseQueue(input: {reason: "a"}) { __typename }
  other: pauseQueue(input: {reason: "b"}) { __typename }
  resumeQueue(input: {}) { __typename }
}`;

it('a refused document is one entry that names every mutation of it', async () => {
  await app.graphql(SEVERAL, {}, viewer);
  const [row, ...others] = await denied('a viewer');
  expect(others).toEqual([]);
  expect(row?.action).toBe('severalMutations');
  expect(JSON.parse(row?.after ?? '')).toEqual({ mutations: ['pauseQueue', 'resumeQueue'] });
});

it('a caller that is refused again and again leaves a bounded number of entries, and none is forgotten', async () => {
  for (let round = 1; round < 40; round++) await app.graphql(SEVERAL, {}, viewer);
  await fetch(`${app.url}/audit/export`, { headers: viewer });
  expect(await denied('a viewer')).toHaveLength(DENIALS_PER_MINUTE);
  await app.close();
  const rows = await denied('a viewer');
  expect(rows).toHaveLength(DENIALS_PER_MINUTE + 1);
  const last = rows.at(-1);
  expect(last?.action).toBe('furtherDenials');
  const requestCount = 41 - DENIALS_PER_MINUTE;
  expect(JSON.parse(last?.after ?? '')).toMatchObject({
    requestCount,
    actions: { pauseQueue: requestCount - 1, resumeQueue: requestCount - 1, exportAuditTrail: 1 },
  });
});

it('what was only counted is written at the minute’s end, and the next minute begins anew', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const denials = createDenials(testContext({ db: database.db }));
  const caller = callerNamed('impatient');
  const denial = { caller, actions: ['cancelEntry'], reason: 'Not for you.' };
  for (let round = 0; round < DENIALS_PER_MINUTE + 3; round++) await denials.record(denial);
  const further = async () => (await denied('impatient')).filter(({ action }) => action === 'furtherDenials');
  vi.advanceTimersByTime(MINUTE_MS);
  vi.useRealTimers();
  await vi.waitFor(async () => expect(await further()).toHaveLength(1), { timeout: 30_000, interval: 20 });
  await denials.record(denial);
  expect((await denied('impatient')).at(-1)?.action).toBe('cancelEntry');
  await denials.close();
  expect(await further()).toHaveLength(1);
});

it('what could not be written is written later', async () => {
  const context = testContext({ db: database.db });
  let isAway = false;
  let failures = 0;
  const flaky: Database = {
    ...database.db,
    query(sql, values) {
      if (!isAway) return database.db.query(sql, values);
      failures++;
      return Promise.reject(new Error('away'));
    },
  };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const denials = createDenials({ ...context, db: flaky });
  const denial = { caller: callerNamed('unlucky'), actions: ['cancelEntry'], reason: 'Not for you.' };
  for (let round = 0; round < DENIALS_PER_MINUTE + 2; round++) await denials.record(denial);
  isAway = true;
  for (let minute = 1; minute <= 2; minute++) {
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(failures).toBe(minute);
  }
  isAway = false;
  vi.advanceTimersByTime(MINUTE_MS);
  vi.useRealTimers();
  await vi.waitFor(
    async () => expect(JSON.parse((await denied('unlucky')).at(-1)?.after ?? '{}')).toMatchObject({ requestCount: 2 }),
    { timeout: 30_000, interval: 20 },
  );
  await denials.close();
});
