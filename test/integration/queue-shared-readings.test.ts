/**
 * The cost of many dashboards: concurrent requests for the queue's figures share one query, and none gets an old
 * result.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

const ASKERS = 100;
let database: TestDatabase;
let server: TestApp;
let family: { familyId: string; ownerId: string };
let statements: string[] = [];
/** Queries wait for this gate, so that all requests arrive while the first query runs. */
let gate: Promise<void> = Promise.resolve();

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  server = await startTestApp({ url: database.url, hasTimers: false, wrapDatabase: counting });
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

const counting = (db: Database): Database => ({
  ...db,
  reading: {
    async query(sql, values) {
      statements.push(sql);
      await gate;
      return db.reading.query(sql, values);
    },
  },
});

const asked = async (query: string): Promise<object[]> => {
  const answers = await Promise.all(Array.from({ length: ASKERS }, () => server.graphql<object>(query)));
  return answers.map(({ body }) => {
    expect(body.errors).toBeUndefined();
    return body.data;
  });
};

test.each([
  ['queueStatistics', '{ queueStatistics { pendingCount dueCount completedCount } }', 'WITH counted AS'],
  ['failureGroups', '{ failureGroups { key count } }', 'WITH of_family AS'],
  ['queueForecast', '{ queueForecast { dueNowCount emptyAt } }', 'pausedEntryCount'],
  [
    'queueActivity of the same span',
    '{ queueActivity(from: "2026-03-01T12:00:00Z", to: "2026-03-01T13:00:00Z") { errors { count } buckets { enqueuedCount } } }',
    'WITH attempted AS',
  ],
])(`${ASKERS} who ask at once for %s cost as a few`, async (_name, query, mark) => {
  statements = [];
  let open = (): void => undefined;
  gate = new Promise((resolve) => {
    open = resolve;
  });
  const answers = asked(query);
  // Once later requests have been answered, the earlier ones have started their queries.
  for (let later = 0; later < 10; later++) await server.graphql('{ __typename }');
  open();
  await answers;
  const readings = statements.filter((sql) => sql.includes(mark)).length;
  expect(readings).toBeGreaterThan(0);
  // One for the first request, one for those that arrived meanwhile, some for requests that were overtaken.
  expect(readings).toBeLessThanOrEqual(ASKERS / 5);
});

test('whoever has just changed something sees it', async () => {
  const pending = async (): Promise<number> => {
    const { body } = await server.graphql<{ queueStatistics: { pendingCount: number } }>(
      '{ queueStatistics { pendingCount } }',
    );
    return body.data.queueStatistics.pendingCount;
  };
  for (let count = await pending(); count < 10; count++) {
    const others = asked('{ queueStatistics { pendingCount } }');
    await database.db.query(
      `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, created_by_user_id, next_retry_at)
       VALUES ($1, $2, 'Somebody', $3, now() + interval '1 hour')`,
      [family.familyId, `seen_${count}`, family.ownerId],
    );
    expect(await pending()).toBe(count + 1);
    await others;
  }
});
