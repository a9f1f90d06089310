/**
 * The fire ledger through the API: gaps expanded instant by instant, consistent pages, an audit that agrees, and a
 * fixed number of statements.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { watchStatements } from '../support/statements.ts';

const NODE = '11111111-0000-4000-8000-000000000001';
const SPAN = { jobName: 'LedgerJob', from: '2026-06-01T00:00:00Z', to: '2026-06-04T00:00:00Z' };
let database: TestDatabase;
let server: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestApp({ url: database.url, hasTimers: false, config: { HISTORY_RETENTION: null } });
  await fill();
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

/**
 * Hourly in UTC: a day on time, then paused for twelve hours, then one late. Then every half hour in Berlin: down
 * for 21 instants, and the last one still owed. 59 in all.
 */
async function fill(): Promise<void> {
  const { db } = database;
  await db.query(
    `INSERT INTO auth.server_nodes (id, name, version, state, host_name, process_id) VALUES ($1, 'one', '0', 'gone', 'here', 1)`,
    [NODE],
  );
  await db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, version, resolved_through)
     VALUES ('LedgerJob', '*/30 * * * *', 'Europe/Berlin', 'run_once', 3, '2026-06-03T00:00:00Z'),
            ('OtherJob', '0 0 1 1 *', 'UTC', 'run_once', 1, '2026-06-03T00:00:00Z')`,
  );
  await db.query(
    `INSERT INTO auth.job_schedule_versions (job_name, version, in_force_after, cron, time_zone, misfire_policy, is_overridden)
     VALUES ('LedgerJob', 1, '2026-06-01T00:00:00Z', '0 * * * *', 'UTC', 'run_once', false),
            ('LedgerJob', 2, '2026-06-02T00:00:00Z', '0 * * * *', 'UTC', 'run_once', false),
            ('LedgerJob', 3, '2026-06-02T13:00:00Z', '*/30 * * * *', 'Europe/Berlin', 'run_once', true)`,
  );
  await db.query(
    `WITH fire AS (
       INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, node_id, schedule_version, started_at)
       SELECT 'LedgerJob', at, at, CASE WHEN at < '2026-06-02T13:00:00Z' THEN 'on_time' ELSE 'late' END::auth.fire_outcome, $1,
              CASE WHEN at < '2026-06-02T13:00:00Z' THEN 1 ELSE 2 END, at + interval '12 ms'
         FROM generate_series('2026-06-01T01:00:00Z'::timestamptz, '2026-06-02T13:00:00Z', interval '1 hour') AS at
        WHERE at <= '2026-06-02T00:00:00Z' OR at = '2026-06-02T13:00:00Z'
       RETURNING id, fired_at, started_at
     )
     INSERT INTO auth.job_runs (job_name, trigger, status, scheduled_for, fire_id, started_at, finished_at, node_id)
     SELECT 'LedgerJob', 'schedule', 'succeeded', fired_at, id, started_at, started_at + interval '1 second', $1 FROM fire`,
    [NODE],
  );
  await db.query(
    `INSERT INTO auth.job_fires (job_name, fired_at, through_at, count, outcome, reason, actor, schedule_version)
     VALUES ('LedgerJob', '2026-06-02T01:00:00Z', '2026-06-02T12:00:00Z', 12, 'skipped_paused', 'Quiet, please.', 'ann', 2),
            ('LedgerJob', '2026-06-02T13:30:00Z', '2026-06-02T23:30:00Z', 21, 'skipped_policy', 'Missed.', NULL, 3),
            ('LedgerJob', '2026-06-03T00:00:00Z', '2026-06-03T00:00:00Z', 1, 'caught_up', 'The newest.', NULL, 3)`,
  );
}

interface FirePage {
  readonly totalCount: number;
  readonly edges: { cursor: string; node: { at: string; outcome: string } }[];
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
}
const PAGE = `query ($jobName: String!, $from: DateTime!, $to: DateTime!, $outcome: [FireOutcome!], $first: Int, $after: String, $last: Int, $before: String) {
  fires(jobName: $jobName, from: $from, to: $to, outcome: $outcome, first: $first, after: $after, last: $last, before: $before) {
    totalCount edges { cursor node { at outcome } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;
const page = async (args: Record<string, unknown>) => {
  const { body } = await server.graphql<{ fires: FirePage }>(PAGE, { ...SPAN, ...args });
  expect(body.errors).toBeUndefined();
  return body.data.fires;
};
const expected = [
  ...Array.from({ length: 24 }, (_, hour) => Date.UTC(2026, 5, 1, hour + 1)),
  ...Array.from({ length: 13 }, (_, hour) => Date.UTC(2026, 5, 2, hour + 1)),
  ...Array.from({ length: 22 }, (_, half) => Date.UTC(2026, 5, 2, 13, 30 * (half + 1))),
].map((at) => new Date(at).toISOString());

describe('fires', () => {
  test('page by page in both directions: every instant once, newest first', async () => {
    const forwards: string[] = [];
    for (let after: string | null = null; ; ) {
      const { edges, pageInfo, totalCount } = await page({ first: 7, after });
      expect(totalCount).toBe(59);
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      forwards.push(...edges.map(({ node }) => node.at));
      if (!pageInfo.hasNextPage) break;
      expect(edges).toHaveLength(7);
      after = pageInfo.endCursor;
    }
    expect(forwards).toEqual(expected.toReversed());
    const backwards: string[] = [];
    for (let before: string | null = null; ; ) {
      const { edges, pageInfo } = await page({ last: 7, before });
      backwards.unshift(...edges.map(({ node }) => node.at));
      if (!pageInfo.hasPreviousPage) break;
      before = pageInfo.startCursor;
    }
    expect(backwards).toEqual(expected.toReversed());
  });

  test('an end of the span may lie within a gap', async () => {
    const inGap = { from: '2026-06-02T03:30:00Z', to: '2026-06-02T06:00:00Z' };
    const { edges, totalCount } = await page(inGap);
    expect(edges.map(({ node }) => node.at)).toEqual(['2026-06-02T05:00:00.000Z', '2026-06-02T04:00:00.000Z']);
    expect(totalCount).toBe(2);
    const none = await page({ from: '2026-06-02T03:30:00Z', to: '2026-06-02T03:45:00Z' });
    expect(none).toMatchObject({ totalCount: 0, edges: [], pageInfo: { hasNextPage: false, startCursor: null } });
    const edge = await page({ from: '2026-06-02T12:00:00Z', to: '2026-06-02T13:30:00Z' });
    expect(edge.edges.map(({ node }) => node.outcome)).toEqual(['LATE', 'SKIPPED_PAUSED']);
  });

  test('by outcome', async () => {
    const { edges, totalCount } = await page({ outcome: ['LATE', 'SKIPPED_PAUSED', 'LATE'], first: 3 });
    expect(totalCount).toBe(13);
    expect(edges.map(({ node }) => node.outcome)).toEqual(['LATE', 'SKIPPED_PAUSED', 'SKIPPED_PAUSED']);
    expect(await page({ outcome: ['MISSED'] })).toMatchObject({ totalCount: 0, edges: [] });
    expect(await page({ outcome: [] })).toMatchObject({ totalCount: 0, edges: [] });
  });

  test('each says what it was, by whom, and which rule made it due', async () => {
    const { body } = await server.graphql<{ one: { nodes: unknown[] }; two: { nodes: unknown[] } }>(
      `{
        one: fires(jobName: "LedgerJob", from: "2026-06-02T12:00:00Z", to: "2026-06-02T13:30:00Z") { nodes { ...all } }
        two: fires(jobName: "LedgerJob", from: "2026-06-03T00:00:00Z", to: "2026-06-03T00:00:00.001Z") { nodes { ...all } }
      }
      fragment all on Fire {
        jobName at outcome startedAt lag reason actor node { name } run { status outcome job { name } } cron timeZone
        scheduleVersion gap { firstAt lastAt count }
      }`,
    );
    expect(body.errors).toBeUndefined();
    expect(body.data.one.nodes).toEqual([
      {
        jobName: 'LedgerJob',
        at: '2026-06-02T13:00:00.000Z',
        outcome: 'LATE',
        startedAt: '2026-06-02T13:00:00.012Z',
        lag: 'PT0.012S',
        reason: null,
        actor: null,
        node: { name: 'one' },
        run: { status: 'SUCCEEDED', outcome: 'LATE', job: { name: 'LedgerJob' } },
        cron: '0 * * * *',
        timeZone: 'UTC',
        scheduleVersion: 2,
        gap: null,
      },
      {
        jobName: 'LedgerJob',
        at: '2026-06-02T12:00:00.000Z',
        outcome: 'SKIPPED_PAUSED',
        startedAt: null,
        lag: null,
        reason: 'Quiet, please.',
        actor: 'ann',
        node: null,
        run: null,
        cron: '0 * * * *',
        timeZone: 'UTC',
        scheduleVersion: 2,
        gap: { firstAt: '2026-06-02T01:00:00.000Z', lastAt: '2026-06-02T12:00:00.000Z', count: 12 },
      },
    ]);
    expect(body.data.two.nodes).toMatchObject([
      { outcome: 'CAUGHT_UP', startedAt: null, lag: null, run: null, cron: '*/30 * * * *', timeZone: 'Europe/Berlin' },
    ]);
  });

  test('costs the same number of statements at any length', async () => {
    const query = `query ($jobName: String!, $from: DateTime!, $to: DateTime!, $first: Int) {
      fires(jobName: $jobName, from: $from, to: $to, first: $first) {
        nodes { at outcome node { name } run { status outcome node { name } } }
      }
    }`;
    await server.graphql(query, { ...SPAN, first: 100 });
    const statements: string[] = [];
    const spy = watchStatements((text) => statements.push(text));
    try {
      // The minimum of three tries: the node's own statements may run during a request.
      const counts: Record<number, number> = {};
      for (const first of [36, 59, 36, 59, 36, 59]) {
        statements.length = 0;
        const { body } = await server.graphql<{ fires: { nodes: { run: unknown }[] } }>(query, { ...SPAN, first });
        expect(body.errors).toBeUndefined();
        expect(body.data.fires.nodes).toHaveLength(first);
        expect(body.data.fires.nodes.some(({ run }) => run !== null)).toBe(true);
        counts[first] = Math.min(counts[first] ?? Number.POSITIVE_INFINITY, statements.length);
      }
      expect(counts[59], statements.join('\n')).toBe(counts[36]);
      expect(counts[36], statements.join('\n')).toBeLessThanOrEqual(5);
      statements.length = 0;
      await page({ first: 5 });
      expect(statements.length).toBeLessThanOrEqual(3);
    } finally {
      spy.mockRestore();
    }
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['an empty span', { to: SPAN.from }, 'to: must be after `from`.'],
    ['eleven years', { to: '2037-06-01T00:00:00Z' }, 'to: is at most 3,660 days after `from`; request a shorter span.'],
    ['an unknown job', { jobName: 'NoJob' }, 'There is no job named "NoJob". The jobs are LedgerJob, OtherJob.'],
    ['no cursor', { after: 'x' }, 'This is not a cursor of this list.'],
    ['both ends', { first: 1, last: 1 }, 'Ask for `first` or for `last`, not for both.'],
    ['a page of 101', { first: 101 }, 'is at most 100'],
  ])('refuses %s', async (_what, args, message) => {
    const { status, body } = await server.graphql(PAGE, { ...SPAN, ...args });
    expect(status).toBe(200);
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringContaining(message),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  test('refuses the cursor of another job’s list', async () => {
    const { pageInfo } = await page({ first: 1 });
    const { body } = await server.graphql(PAGE, { ...SPAN, jobName: 'OtherJob', after: pageInfo.endCursor });
    expect(body.errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  });
});

describe('fireLedgerAudit', () => {
  const audit = async (args: Record<string, unknown> = {}) => {
    const { body } = await server.graphql<{ fireLedgerAudit: Record<string, unknown> }>(
      `query ($jobName: String!, $from: DateTime!, $to: DateTime!) {
        fireLedgerAudit(jobName: $jobName, from: $from, to: $to) {
          isComplete dueCount recordedCount missing missingCount extra extraCount checkedFromAt checkedToAt notes
          miscounted { firstAt lastAt recordedCount dueCount } miscountedCount
        }
      }`,
      { ...SPAN, ...args },
    );
    expect(body.errors).toBeUndefined();
    return body.data.fireLedgerAudit;
  };

  test('agrees with the ledger, over three versions', async () => {
    expect(await audit()).toEqual({
      isComplete: true,
      dueCount: 59,
      recordedCount: 59,
      missing: [],
      missingCount: 0,
      extra: [],
      extraCount: 0,
      miscounted: [],
      miscountedCount: 0,
      checkedFromAt: '2026-06-01T00:00:00.001Z',
      checkedToAt: '2026-06-03T00:00:00.001Z',
      notes: [
        'Instants up to 2026-06-01T00:00:00.000Z were not checked: the schedule is on record only after that.',
        'Instants after 2026-06-03T00:00:00.000Z were not checked: they are not resolved yet.',
      ],
    });
    expect(await audit({ from: '2026-06-01T12:00:00Z', to: '2026-06-02T12:00:00Z' })).toMatchObject({
      isComplete: true,
      dueCount: 24,
      notes: [],
    });
  });

  test('names what is missing, extra and miscounted', async () => {
    await database.db.query(
      `WITH gone AS (DELETE FROM auth.job_fires WHERE job_name = 'LedgerJob' AND fired_at = '2026-06-01T05:00:00Z'),
            wrong AS (UPDATE auth.job_fires SET count = 13 WHERE job_name = 'LedgerJob' AND count = 12)
       INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version)
       VALUES ('LedgerJob', '2026-06-01T05:00:01Z', '2026-06-01T05:00:01Z', 'on_time', 1)`,
    );
    expect(await audit()).toMatchObject({
      isComplete: false,
      dueCount: 59,
      recordedCount: 59,
      missing: ['2026-06-01T05:00:00.000Z'],
      extra: ['2026-06-01T05:00:01.000Z'],
      miscounted: [
        {
          firstAt: '2026-06-02T01:00:00.000Z',
          lastAt: '2026-06-02T12:00:00.000Z',
          recordedCount: 13,
          dueCount: 12,
        },
      ],
    });
  });
});
