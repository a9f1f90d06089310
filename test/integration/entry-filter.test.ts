/**
 * A filter gives the same result for a subscription, which evaluates loaded rows, as for the table: random filters
 * over random entries, evaluated by both.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { matchesFilter } from '../../src/accounts/entry-filter.rules.ts';
import { type EntryFilter, entryCondition } from '../../src/accounts/entry-queries.graphql.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
const families: string[] = [];
const NOW = new Date('2026-03-01T12:00:00.000Z');
const HOURS = [-2, -1, 0, 1, 2].map((hours) => new Date(NOW.getTime() + hours * 3_600_000));
const STATUSES = ['pending', 'processing', 'completed', 'failed', 'cancelled'] as const;
const NAMES = ['anna', 'anna_b', 'an%a', 'ben', 'b_n'];
const CODES = [null, 'UNAVAILABLE', 'UNAUTHENTICATED', 'X_Y'];
const GROUPS = [null, 'g1', 'g2'];

beforeAll(async () => {
  database = await createTestDatabase();
  for (let n = 0; n < 2; n++) families.push((await seedFamily(database.db)).familyId);
  // Every status, combined with names, codes, groups and timestamps in all mixtures.
  await database.db.query(
    `INSERT INTO auth.queued_managed_account_creations
       (family_id, username, full_name, status, last_error_code, failure_group, created_at, completed_at, next_retry_at, lease_token, lease_expires_at)
     SELECT $1::uuid, 'm' || n, 'Made', s.status::auth.entry_status, ($3::text[])[1 + n % 4], ($4::text[])[1 + n % 3],
            ($5::timestamptz[])[1 + n % 5],
            CASE s.status WHEN 'completed' THEN ($5::timestamptz[])[1 + n % 5] + n % 3 * interval '1 hour' END, CASE WHEN s.status IN ('pending', 'processing') THEN ($5::timestamptz[])[1 + (n / 2) % 5] END, NULL, NULL
     FROM generate_series(1, 60) AS n CROSS JOIN unnest($2::text[]) WITH ORDINALITY AS s(status, place) WHERE n % 5 = s.place - 1`,
    [families[0], [...STATUSES], CODES, GROUPS, HOURS],
  );
  await database.db.query(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status)
     SELECT $1::uuid, name, 'Made', 'cancelled' FROM unnest($2::text[]) AS name`,
    [families[1], NAMES],
  );
});
afterAll(() => database?.drop());

const text = (choices: readonly string[]) =>
  fc.record(
    {
      equals: fc.constantFrom(...choices),
      in: fc.subarray([...choices]),
      startsWith: fc.constantFrom('', 'a', 'an%', 'b_', 'UNA', 'm1'),
    },
    { requiredKeys: [] },
  );
const range = fc.record({ from: fc.constantFrom(...HOURS), to: fc.constantFrom(...HOURS) }, { requiredKeys: [] });

it('decides as the table does', async () => {
  const entries = await database.db.prisma.queuedCreation.findMany();
  expect(entries).toHaveLength(65);
  // Leave out most conditions most of the time: a filter with many conditions matches nothing.
  const maybe = <T>(value: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
  const filter: fc.Arbitrary<EntryFilter> = fc.record({
    entryIds: maybe(fc.subarray(entries.map(({ id }) => id))),
    status: maybe(fc.subarray([...STATUSES], { minLength: 2 })),
    familyId: maybe(fc.constantFrom(...families)),
    username: maybe(text([...NAMES, 'm1', 'm12'])),
    errorCode: maybe(text(CODES.filter((code) => code !== null))),
    createdAt: maybe(range),
    completedAt: maybe(range),
    nextRetryAt: maybe(range),
    dueNow: maybe(fc.boolean()),
    failureGroup: maybe(fc.constantFrom('g1', 'g2', '')),
  });
  let matched = 0;
  await fc.assert(
    fc.asyncProperty(filter, async (given) => {
      const found = await database.db.prisma.queuedCreation.findMany({
        where: entryCondition(given, NOW),
        select: { id: true },
      });
      matched += found.length;
      const decided = entries.filter((entry) => matchesFilter(given, entry, NOW));
      expect(decided.map(({ id }) => id).sort()).toEqual(found.map(({ id }) => id).sort());
    }),
    { numRuns: 200 },
  );
  expect(matched).toBeGreaterThan(200);
});
