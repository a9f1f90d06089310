/**
 * The queue's activity as charts request it: compared with a second computation over random attempts at fixed
 * times, edges and quantiles by example, errors by frequency, and each caller's scope.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadQueueActivity } from '../../src/accounts/insight/queue-activity.graphql.ts';
import { bucketStarts, spanOf } from '../../src/accounts/insight/queue-activity.rules.ts';
import { AttemptOutcome } from '../../src/database/generated/prisma/enums.ts';
import { callerWith, type Headers, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

const NOON = Date.parse('2026-03-01T12:00:00.000Z');
const at = (ms: number): Date => new Date(NOON + ms);
const ACTIVITY = `query ($from: DateTime!, $to: DateTime!, $buckets: Int) {
  queueActivity(from: $from, to: $to, buckets: $buckets) {
    bucketLength
    buckets { startsAt enqueuedCount succeededCount transientFailureCount permanentFailureCount otherCount durationP50 durationP95 }
    errors { errorCode outcome count lastAt } } }`;
const EMPTY = {
  enqueuedCount: 0,
  succeededCount: 0,
  transientFailureCount: 0,
  permanentFailureCount: 0,
  otherCount: 0,
  durationP50: null,
  durationP95: null,
};

let database: TestDatabase;
let app: TestApp;
let viewer: Headers;
let ofFamily: Headers;
let enqueuer: Headers;
let ours = '';
let theirs = '';
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ours = (await seedFamily(database.db)).familyId;
  theirs = (await seedFamily(database.db)).familyId;
  app = await startTestApp({ url: database.url, config: WITH_ACCESS, hasTimers: false });
  viewer = await callerWith(app, { name: 'onlooker', role: 'VIEWER' });
  ofFamily = await callerWith(app, { name: 'our onlooker', role: 'VIEWER', familyId: ours });
  enqueuer = await callerWith(app, { name: 'frontend', role: 'ENQUEUER' });
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});
beforeEach(() => database.db.query('DELETE FROM auth.queued_managed_account_creations'));

interface AttemptMade {
  readonly outcome: AttemptOutcome;
  /** When it ended, and how long it took, in milliseconds. */
  readonly endedMs: number;
  readonly tookMs: number;
  readonly errorCode?: string | null;
}

/** Inserts an entry that was enqueued `createdMs` after noon, with its attempts. */
async function addEntry(familyId: string, createdMs: number, attempts: readonly AttemptMade[] = []): Promise<void> {
  const [row] = await database.db.query<{ id: string }>(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status, next_retry_at, created_at)
     VALUES ($1, $2, 'Some Body', 'cancelled', NULL, $3) RETURNING id`,
    [familyId, `active_${++made}`, at(createdMs)],
  );
  await database.db.query(
    `INSERT INTO auth.account_creation_attempts (entry_id, number, outcome, started_at, finished_at, error_code)
     SELECT $1, place, outcome::auth.attempt_outcome, started, finished, code
     FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[]) WITH ORDINALITY AS one(outcome, started, finished, code, place)`,
    [
      row?.id,
      attempts.map(({ outcome }) => outcome),
      attempts.map(({ endedMs, tookMs }) => at(endedMs - tookMs)),
      attempts.map(({ endedMs }) => at(endedMs)),
      attempts.map(({ errorCode }) => errorCode ?? null),
    ],
  );
}

interface Activity {
  readonly bucketLength: string;
  readonly buckets: readonly Record<string, unknown>[];
  readonly errors: readonly Record<string, unknown>[];
}

async function ask(from: Date, to: Date, buckets: number | null | undefined, headers = viewer) {
  const { body } = await app.graphql<{ queueActivity: Activity }>(ACTIVITY, { from, to, buckets }, headers);
  return body;
}

/** Returns the activity; fails on errors. */
async function activity(from: Date, to: Date, buckets: number, headers = viewer): Promise<Activity> {
  const { data, errors } = await ask(from, to, buckets, headers);
  expect(errors).toBeUndefined();
  return data.queueActivity;
}

describe('queueActivity', () => {
  it('counts what lies in each bucket, its beginning included and its end not', async () => {
    const ended = (outcome: AttemptOutcome, endedMs: number, tookMs: number) => ({ outcome, endedMs, tookMs });
    await addEntry(ours, -1, [ended('succeeded', -1, 5)]);
    await addEntry(ours, 0, [ended('succeeded', 0, 250), ended('transient_failure', 999, 100)]);
    await addEntry(ours, 999, [ended('permanent_failure', 1_000, 40), ended('configuration_failure', 1_999, 10)]);
    await addEntry(theirs, 2_000, [ended('unknown', 1_500, 10_000), ended('interrupted', 1_500, 30_000)]);
    await addEntry(theirs, 3_999, [ended('interrupted', 3_999, 30_000)]);
    await addEntry(theirs, 4_000, [ended('succeeded', 4_000, 5)]);
    expect(await activity(at(0), at(4_000), 4)).toEqual({
      bucketLength: 'PT1S',
      buckets: [
        {
          ...EMPTY,
          startsAt: at(0).toISOString(),
          enqueuedCount: 2,
          succeededCount: 1,
          transientFailureCount: 1,
          durationP50: 'PT0.1S',
          durationP95: 'PT0.25S',
        },
        {
          ...EMPTY,
          startsAt: at(1_000).toISOString(),
          permanentFailureCount: 1,
          otherCount: 3,
          durationP50: 'PT0.04S',
          durationP95: 'PT10S',
        },
        { ...EMPTY, startsAt: at(2_000).toISOString(), enqueuedCount: 1 },
        { ...EMPTY, startsAt: at(3_000).toISOString(), enqueuedCount: 1, otherCount: 1 },
      ],
      errors: [],
    });
  });

  it('says what 95 of a hundred attempts took at the most', async () => {
    await addEntry(
      ours,
      0,
      Array.from({ length: 100 }, (_, n) => ({ outcome: 'succeeded' as const, endedMs: 10, tookMs: (n + 1) * 10 })),
    );
    expect((await activity(at(0), at(1_000), 1)).buckets).toMatchObject([
      { succeededCount: 100, durationP50: 'PT0.5S', durationP95: 'PT0.95S' },
    ]);
  });

  it('names the errors by how often they came, twenty at the most', async () => {
    for (let n = 1; n <= 22; n++) {
      await addEntry(
        ours,
        0,
        Array.from({ length: n }, (_, place) => ({
          outcome: 'transient_failure' as const,
          endedMs: 100 * n + place,
          tookMs: 1,
          errorCode: `CODE_${String(n).padStart(2, '0')}`,
        })),
      );
    }
    await addEntry(ours, 0, [
      { outcome: 'permanent_failure', endedMs: 5_000, tookMs: 1, errorCode: 'CODE_22' },
      { outcome: 'transient_failure', endedMs: 10_000, tookMs: 1, errorCode: 'CODE_22' },
      { outcome: 'interrupted', endedMs: 5_000, tookMs: 1 },
    ]);
    const { errors } = await activity(at(0), at(10_000), 3);
    expect(errors).toHaveLength(20);
    expect(errors.slice(0, 2)).toEqual([
      { errorCode: 'CODE_22', outcome: 'TRANSIENT_FAILURE', count: 22, lastAt: at(2_221).toISOString() },
      { errorCode: 'CODE_21', outcome: 'TRANSIENT_FAILURE', count: 21, lastAt: at(2_120).toISOString() },
    ]);
    expect(errors.at(-1)).toMatchObject({ errorCode: 'CODE_03', count: 3 });
  });

  it('agrees with a second reckoning, over random attempts, spans and buckets', async () => {
    const codes = [null, 'TIMEOUT', 'UNAVAILABLE'];
    const attempt = fc.record({
      outcome: fc.constantFrom(...Object.values(AttemptOutcome)),
      endedMs: fc.integer({ min: -50, max: 450 }),
      tookMs: fc.integer({ min: 0, max: 90 }),
      errorCode: fc.constantFrom(...codes),
    });
    const entries = fc.sample(
      fc.record({ createdMs: fc.integer({ min: -50, max: 450 }), attempts: fc.array(attempt, { maxLength: 6 }) }),
      { seed: 7, numRuns: 80 },
    );
    for (const [n, { createdMs, attempts }] of entries.entries())
      await addEntry(n % 2 ? ours : theirs, createdMs, attempts);
    const attempts = (family: string | null) =>
      entries.flatMap((entry, n) => (family === null || (n % 2 ? ours : theirs) === family ? entry.attempts : []));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -60, max: 400 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(null, ours),
        async (fromMs, lengthMs, buckets, family) => {
          const span = spanOf(at(fromMs), at(fromMs + lengthMs), buckets);
          const found = await loadQueueActivity({ query: database.db.query }, span, family);
          const inSpan = attempts(family).filter(({ endedMs }) => endedMs >= fromMs && endedMs < fromMs + lengthMs);
          expect(found.buckets).toEqual(
            bucketStarts(span).map((startsAt) => {
              const from = startsAt.getTime() - NOON;
              const to = Math.min(from + span.bucketMs, fromMs + lengthMs);
              const here = inSpan.filter(({ endedMs }) => endedMs >= from && endedMs < to);
              const count = (...outcomes: AttemptOutcome[]) =>
                here.filter(({ outcome }) => outcomes.includes(outcome)).length;
              const took = here
                .flatMap(({ outcome, tookMs }) => (outcome === 'interrupted' ? [] : [tookMs]))
                .sort((a, b) => a - b);
              const quantile = (share: number) => took[Math.ceil(share * took.length) - 1] ?? null;
              return {
                startsAt,
                enqueuedCount: entries.filter(
                  ({ createdMs }, n) =>
                    createdMs >= from && createdMs < to && (family === null || (n % 2 ? ours : theirs) === family),
                ).length,
                succeededCount: count('succeeded'),
                transientFailureCount: count('transient_failure'),
                permanentFailureCount: count('permanent_failure'),
                otherCount: count('configuration_failure', 'unknown', 'interrupted'),
                durationP50: quantile(0.5),
                durationP95: quantile(0.95),
              };
            }),
          );
          const failed = inSpan.filter(({ errorCode }) => errorCode !== null);
          expect(found.errors.reduce((sum, { count }) => sum + count, 0)).toBe(failed.length);
          for (const { errorCode, outcome, count, lastAt } of found.errors) {
            const same = failed.filter((one) => one.errorCode === errorCode && one.outcome === outcome);
            expect([count, lastAt]).toEqual([same.length, at(Math.max(...same.map(({ endedMs }) => endedMs)))]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('tells a caller that is bound to a family of that family alone, and an ENQUEUER nothing', async () => {
    const failed = { outcome: 'permanent_failure' as const, endedMs: 5, tookMs: 1 };
    await addEntry(ours, 1, [{ ...failed, errorCode: 'OURS' }]);
    await addEntry(theirs, 1, [{ ...failed, errorCode: 'THEIRS' }]);
    expect(await activity(at(0), at(10), 1)).toMatchObject({
      buckets: [{ enqueuedCount: 2, permanentFailureCount: 2 }],
      errors: [{ errorCode: 'OURS' }, { errorCode: 'THEIRS' }],
    });
    const own = await activity(at(0), at(10), 1, ofFamily);
    expect(own).toMatchObject({ buckets: [{ enqueuedCount: 1, permanentFailureCount: 1 }] });
    expect(own.errors).toEqual([expect.objectContaining({ errorCode: 'OURS', count: 1 })]);
    expect((await ask(at(0), at(10), 1, enqueuer)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('has 60 buckets unless asked otherwise, and says what cannot be asked', async () => {
    for (const buckets of [undefined, null])
      expect((await ask(at(0), at(3_600_000), buckets)).data.queueActivity.buckets).toHaveLength(60);
    for (const [to, buckets, message] of [
      [at(0), 60, 'to: must be after `from`.'],
      [at(401 * 86_400_000), 60, 'to: is at most 400 days after `from`'],
      [at(10), 0, 'buckets: is 1 to 500.'],
      [at(0), 501, 'to: must be after `from`. buckets: is 1 to 500.'],
    ] as const)
      expect((await ask(at(0), to, buckets)).errors).toMatchObject([
        { message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } },
      ]);
  });
});
