/**
 * RetentionJob: deletes exactly the rows of each kind that are past their retention, in batches; what is still
 * needed stays whatever its age; and its statements use the intended indexes.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import type { Database, Transactional } from '../../src/database/database.ts';
import type { RunCounts } from '../../src/jobs/job.ts';
import { retentionJob } from '../../src/retention/retention.job.ts';
import { deletions, NEWEST_KEPT } from '../../src/retention/retention.ts';
import { testAudit } from '../support/acts.ts';
import { startTestApp } from '../support/app.ts';
import { testContext } from '../support/context.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { jobContext, runJob } from '../support/job-context.ts';
import { subscribe } from '../support/sse.ts';

const DAY = 24 * 60 * 60_000;
const HOUR = DAY / 24;
const THIRTY_DAYS = { HISTORY_RETENTION: 30 * DAY };
/** The counts of a run without work; failed entries, parked events and the audit trail are kept by default. */
let nothing: RunCounts;
let database: TestDatabase;
let db: Database;
let family: { familyId: string; ownerId: string };
let told = 0;
const partsOn = (on: Database) => ({
  audit: testAudit(on),
  notices: { ...testContext({ db: on }).notices, notify: () => void told++ },
});
/** The keys of the rows that the change feed reports as removed. */
const removed = async (): Promise<string[]> =>
  (
    await db.query<{ key: string }>(
      `SELECT unnest(keys) AS key FROM auth.changes WHERE kind = 'removed' ORDER BY sequence`,
    )
  ).map(({ key }) => key);
const run = (config: Partial<Config> = {}, on: Database = db): Promise<RunCounts> =>
  runJob(retentionJob, on, { ...partsOn(on), config });

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
  const kinds = deletions(testAudit(db)).filter(
    ({ after }) => typeof after === 'number' || after === 'HISTORY_RETENTION',
  );
  nothing = Object.fromEntries(kinds.map(({ name }) => [name, 0]));
  family = await seedFamily(db);
  await db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through)
     VALUES ('Often', '* * * * *', 'UTC', 'run_once', now()), ('Seldom', '0 3 1 * *', 'UTC', 'run_once', now())`,
  );
});
afterAll(() => database?.drop());
afterEach(async () => {
  told = 0;
  await db.query('TRUNCATE auth.changes');
  await db.query('TRUNCATE auth.queued_managed_account_creations, auth.job_runs, auth.job_fires CASCADE');
  await db.query('TRUNCATE auth.idempotency_keys, auth.outbox_events, auth.identity_circuit_transitions');
  await db.query('DELETE FROM auth.server_nodes');
  await db.query('DELETE FROM auth.users WHERE id <> $1', [family.ownerId]);
});

/** Inserts entries created and finished `days` ago, each with an attempt and, if completed, its user. */
async function entries(status: string, days: number, count = 1, createdDays = days): Promise<string[]> {
  const made = await db.query<{ id: string }>(
    `INSERT INTO auth.queued_managed_account_creations
       (family_id, created_by_user_id, username, full_name, status, next_retry_at, created_at, updated_at, attempt_count,
        completed_at, failed_at, cancelled_at)
     SELECT $1, $2, 'u' || left(gen_random_uuid()::text, 13), 'Aged', $3::auth.entry_status, NULL,
            now() - $5 * interval '1 day' - n * interval '1 second', now(), 1,
            CASE WHEN $3 = 'completed' THEN now() - $4 * interval '1 day' - n * interval '1 second' END,
            CASE WHEN $3 = 'failed' THEN now() - $4 * interval '1 day' - n * interval '1 second' END,
            CASE WHEN $3 = 'cancelled' THEN now() - $4 * interval '1 day' - n * interval '1 second' END
     FROM generate_series(1, $6) AS n RETURNING id`,
    [family.familyId, family.ownerId, status, days, createdDays, count],
  );
  const ids = made.map(({ id }) => id);
  await db.query(
    `INSERT INTO auth.account_creation_attempts (entry_id, number, outcome, started_at, finished_at)
     SELECT id, 1, 'succeeded', now(), now() FROM unnest($1::uuid[]) AS id`,
    [ids],
  );
  return ids;
}

const entryIds = async (): Promise<string[]> =>
  (await db.query<{ id: string }>('SELECT id FROM auth.queued_managed_account_creations')).map(({ id }) => id).sort();

describe('finished entries', () => {
  it('go after the time of their status, with their attempts; subscribers are told', async () => {
    const [old] = await entries('completed', 91);
    const kept = [
      ...(await entries('completed', 89)),
      // Enqueued long ago, completed yesterday.
      ...(await entries('completed', 1, 1, 400)),
      ...(await entries('failed', 3_000)),
      ...(await entries('cancelled', 89)),
      ...(await entries('pending', 3_000)),
      ...(await entries('processing', 3_000)),
    ];
    const [cancelled] = await entries('cancelled', 91);
    expect(await run()).toEqual({ ...nothing, completedEntries: 1, cancelledEntries: 1 });
    expect(await entryIds()).toEqual(kept.sort());
    expect(await db.prisma.attempt.count()).toBe(kept.length);
    expect(await removed()).toEqual([old, cancelled]);
    expect(told).toBe(2);
    expect(await run()).toEqual(nothing);
  });

  it('are kept or deleted by one setting, failed ones by another', async () => {
    const [completed] = await entries('completed', 5);
    const [failed] = await entries('failed', 5);
    const [cancelled] = await entries('cancelled', 5);
    expect(await run({ HISTORY_RETENTION: null })).not.toHaveProperty('completedEntries');
    expect(await entryIds()).toEqual([completed, failed, cancelled].sort());
    expect(await run({ UNRESOLVED_RETENTION: 4 * DAY })).toMatchObject({ failedEntries: 1 });
    expect(await entryIds()).toEqual([completed, cancelled].sort());
    expect(await run({ HISTORY_RETENTION: 4 * DAY })).toMatchObject({ completedEntries: 1, cancelledEntries: 1 });
    expect(await entryIds()).toEqual([]);
  });

  it('leave sessions until they have expired', async () => {
    for (const [n, days] of [-1, 1].entries())
      await db.query(
        `INSERT INTO auth.sessions (digest, kind, source_digest, caller_id, caller_name, role, expires_at)
         VALUES (decode(md5($1), 'hex'), 'oidc', decode(md5('issuer'), 'hex'), 'oidc:s', 'S', 'viewer', now() + $2 * interval '1 day')`,
        [String(n), days],
      );
    expect(await run()).toMatchObject({ sessions: 1 });
    const left = await db.query<{ isGood: boolean }>('SELECT expires_at > now() AS "isGood" FROM auth.sessions');
    expect(left).toEqual([{ isGood: true }]);
  });

  it('leave the account’s user', async () => {
    const [id] = await entries('completed', 100);
    const [user] = await db.query<{ id: string }>(
      `INSERT INTO auth.users (family_id, username, full_name, role) VALUES ($1, 'made', 'Made', 'managed_account') RETURNING id`,
      [family.familyId],
    );
    await db.query('UPDATE auth.queued_managed_account_creations SET user_id = $2 WHERE id = $1', [id, user?.id]);
    expect(await run()).toMatchObject({ completedEntries: 1 });
    expect(await db.prisma.user.count({ where: { username: 'made' } })).toBe(1);
  });

  it('go in batches of a thousand, each its own transaction, with progress', async () => {
    await entries('completed', 100, 2_500);
    const stopping = new AbortController();
    const reports: RunCounts[] = [];
    const { context, told } = jobContext(db, {
      ...partsOn(db),
      signal: stopping.signal,
      report(counts) {
        reports.push(counts);
        if (counts.completedEntries === 2_000) stopping.abort();
      },
    });
    const counts = await retentionJob.run(context);
    expect(reports).toEqual([{ completedEntries: 1_000 }, { completedEntries: 2_000 }]);
    const label = expect.stringMatching(/^Deleting completed entries \(kind 1 of \d+\)$/);
    expect(told.progress).toEqual([1_000, 2_000].map((done) => ({ done, total: null, label })));
    expect(told.lines).toEqual(['info: Deleted completed entries: 2,000.']);
    expect(counts).toMatchObject({ completedEntries: 2_000 });
    expect(await entryIds()).toHaveLength(500);
    expect(await run()).toMatchObject({ completedEntries: 500 });
  });

  it('that somebody is at are passed by, not waited for', async () => {
    const [locked] = await entries('completed', 100, 2);
    await db.transaction(async (tx) => {
      await tx.query('SELECT FROM auth.queued_managed_account_creations WHERE id = $1 FOR UPDATE', [locked]);
      expect(await run()).toMatchObject({ completedEntries: 1 });
    });
    expect(await entryIds()).toEqual([locked]);
    expect(await run()).toMatchObject({ completedEntries: 1 });
  });
});

describe('runs and fires', () => {
  /** Inserts `count` fires with their runs, `hoursApart`, the newest `newestDays` ago. */
  async function history(jobName: string, count: number, hoursApart: number, newestDays = 0): Promise<void> {
    await db.query(
      `WITH fire AS (
         INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version, started_at)
         SELECT $1, at, at, 'on_time', 1, at
         FROM generate_series(0, $2 - 1) AS n, LATERAL (SELECT now() - $4 * interval '1 day' - n * $3 * interval '1 hour') AS instant (at)
         RETURNING id, fired_at
       )
       INSERT INTO auth.job_runs (job_name, trigger, scheduled_for, fire_id, status, started_at, finished_at)
       SELECT $1, 'schedule', fired_at, id, 'succeeded', fired_at, fired_at FROM fire`,
      [jobName, count, hoursApart, newestDays],
    );
  }
  const left = async (jobName: string): Promise<[runs: number, fires: number]> => [
    await db.prisma.jobRun.count({ where: { jobName } }),
    await db.prisma.jobFire.count({ where: { jobName } }),
  ];

  it('go after their time, but for the newest hundred of each job', async () => {
    await history('Often', 1_500, 1);
    await history('Seldom', NEWEST_KEPT + 20, 24, 400);
    await db.query(
      `INSERT INTO auth.job_run_log_lines (run_id, at, level, message)
       SELECT id, started_at, 'info', 'Line ' || n FROM auth.job_runs, generate_series(1, 2) AS n WHERE job_name = 'Seldom'`,
    );
    expect(await run(THIRTY_DAYS)).toMatchObject({ runs: 1_500 - 720 + 20, fires: 1_500 - 720 + 20 });
    expect(await left('Often')).toEqual([720, 720]);
    expect(await left('Seldom')).toEqual([NEWEST_KEPT, NEWEST_KEPT]);
    expect(await db.prisma.jobRunLogLine.count()).toBe(2 * NEWEST_KEPT);
    const oldest = await db.prisma.jobRun.findFirst({ where: { jobName: 'Often' }, orderBy: { startedAt: 'asc' } });
    expect(oldest?.startedAt.getTime()).toBeGreaterThan(Date.now() - 30 * DAY - HOUR);
    expect(await removed()).toHaveLength(800);
    expect(await run(THIRTY_DAYS)).toMatchObject({ runs: 0, fires: 0 });
  });

  it('stay while a run goes on, and a fire while it has a run', async () => {
    await history('Often', NEWEST_KEPT + 2, 1, 60);
    await db.query(
      `UPDATE auth.job_runs SET status = 'running', finished_at = NULL, lease_expires_at = now(), lease_token = gen_random_uuid()
       WHERE started_at = (SELECT min(started_at) FROM auth.job_runs)`,
    );
    expect(await run(THIRTY_DAYS)).toMatchObject({ runs: 1, fires: 1 });
    expect(await db.prisma.jobRun.count({ where: { status: 'running', fireId: { not: null } } })).toBe(1);
    expect(await run({ HISTORY_RETENTION: null })).not.toHaveProperty('fires');
  });

  it('in more than a batch', async () => {
    await history('Often', 3_100, 1, 60);
    expect(await run(THIRTY_DAYS)).toMatchObject({ runs: 3_000, fires: 3_000 });
    expect(await left('Often')).toEqual([NEWEST_KEPT, NEWEST_KEPT]);
  });
});

describe('the rest', () => {
  it('idempotency keys go after a day', async () => {
    await db.query(
      `INSERT INTO auth.idempotency_keys (caller, mutation, key, input_digests, result_id, created_at)
       SELECT 'local', 'enqueueAccount', 'key-' || hours, '{}', gen_random_uuid(), now() - hours * interval '1 hour'
       FROM unnest('{1,23,25,100}'::int[]) AS hours`,
    );
    expect(await run()).toMatchObject({ idempotencyKeys: 2 });
    expect(await db.prisma.idempotencyKey.findMany({ select: { key: true }, orderBy: { key: 'asc' } })).toEqual([
      { key: 'key-1' },
      { key: 'key-23' },
    ]);
  });

  it('events go after they were processed, never before; parked ones when that is set', async () => {
    await db.query(
      `INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload, created_at, processed_at, parked_at)
       SELECT type, 'ManagedAccountCreation', gen_random_uuid(), '{}', now() - interval '900 days', processed, parked
       FROM (VALUES ('unprocessed', NULL, NULL::timestamptz), ('old', now() - interval '31 days', NULL),
                    ('young', now() - interval '29 days', NULL), ('parked', NULL, now() - interval '31 days')) AS e (type, processed, parked)`,
    );
    const left = async () => (await db.prisma.outboxEvent.findMany()).map(({ eventType }) => eventType).sort();
    expect(await run(THIRTY_DAYS)).toMatchObject({ processedEvents: 1 });
    expect(await left()).toEqual(['parked', 'unprocessed', 'young']);
    expect(await run({ UNRESOLVED_RETENTION: 30 * DAY })).toMatchObject({ processedEvents: 0, parkedEvents: 1 });
    expect(await left()).toEqual(['unprocessed', 'young']);
  });

  it('the circuit’s transitions go after ninety days', async () => {
    await db.query(
      `INSERT INTO auth.identity_circuit_transitions (provider, from_state, to_state, created_at)
       SELECT 'p', 'closed', 'open', now() - days * interval '1 day' FROM unnest('{1,89,91,800}'::int[]) AS days`,
    );
    expect(await run()).toMatchObject({ circuitTransitions: 2 });
    expect(await db.prisma.circuitTransition.count()).toBe(2);
  });

  it('nodes go when they are gone for long and nothing names them', async () => {
    const [young, alive, named, forgotten] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    await db.query(
      `INSERT INTO auth.server_nodes (id, name, version, state, host_name, process_id, last_beat_at)
       SELECT id, 'n', '1', state, 'h', 1, now() - days * interval '1 day'
       FROM (VALUES ($1::uuid, 'gone'::auth.node_state, 29), ($2, 'running', 60), ($3, 'gone', 60), ($4, 'gone', 60)) AS n (id, state, days)`,
      [young, alive, named, forgotten],
    );
    await entries('failed', 1);
    await db.query('UPDATE auth.account_creation_attempts SET node_id = $1', [named]);
    expect(await run(THIRTY_DAYS)).toMatchObject({ nodes: 1 });
    expect((await db.prisma.serverNode.findMany()).map(({ id }) => id).sort()).toEqual([young, alive, named].sort());
  });
});

it('re-encryptions are deleted once they have ended, with what they skipped; a running one stays', async () => {
  const [entry] = await entries('failed', 1, 1);
  for (const isFinished of [true, false]) {
    const [resealing] = await db.query<{ id: string }>(
      `INSERT INTO auth.resealings (id, status, per_second, actor, total_count, created_at, finished_at)
       VALUES (gen_random_uuid(), (CASE WHEN $1 THEN 'finished' ELSE 'running' END)::auth.resealing_status, 1, 'anna', 1, now() - interval '91 days',
               CASE WHEN $1 THEN now() - interval '91 days' END) RETURNING id`,
      [isFinished],
    );
    await db.query('INSERT INTO auth.resealing_skips (resealing_id, entry_id, problem) VALUES ($1, $2, $3)', [
      resealing?.id,
      entry,
      'It cannot be opened.',
    ]);
  }
  expect(await run()).toMatchObject({ resealingSkips: 1, resealings: 1 });
  expect(await db.query('SELECT status::text FROM auth.resealings')).toEqual([{ status: 'running' }]);
  await db.query('DELETE FROM auth.resealings');
});

it('former versions of a schedule go when no fire is of their time any more; the newest two stay', async () => {
  await db.query(
    `INSERT INTO auth.job_schedule_versions (job_name, version, in_force_after, cron, time_zone, misfire_policy, is_overridden)
     SELECT 'Seldom', n, now() - (100 - 20 * n) * interval '1 day', '0 3 1 * *', 'UTC', 'run_once', true FROM generate_series(1, 4) AS n`,
  );
  await db.query(
    `INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version)
     VALUES ('Seldom', now() - interval '50 days', now() - interval '50 days', 'missed', 2)`,
  );
  const versions = async () =>
    (
      await db.query<{ version: number }>(
        `SELECT version FROM auth.job_schedule_versions WHERE job_name = 'Seldom' ORDER BY version`,
      )
    ).map(({ version }) => version);
  expect(await run(THIRTY_DAYS)).toMatchObject({ scheduleVersions: 1 });
  expect(await versions()).toEqual([2, 3, 4]);
  await db.query('DELETE FROM auth.job_fires');
  expect(await run(THIRTY_DAYS)).toMatchObject({ scheduleVersions: 1 });
  expect(await versions()).toEqual([3, 4]);
  await db.query('DELETE FROM auth.job_schedule_versions');
});

it('bulk actions go once they have ended, with their lines; plans and what is under way stay', async () => {
  const [entry] = await entries('failed', 1, 1);
  for (const status of ['planned', 'running', 'finished', 'undone']) {
    const id = randomUUID();
    await db.query(
      `INSERT INTO auth.bulk_actions (id, action, status, actor, total_count, created_at, expires_at)
       VALUES ($1, 'retry', $2::auth.bulk_action_status, 'anna', 1, now() - interval '91 days', now())`,
      [id, status],
    );
    await db.query(
      `INSERT INTO auth.bulk_action_entries (bulk_action_id, position, entry_id, planned_at, planned_status)
       VALUES ($1, 1, $2, now(), 'failed')`,
      [id, entry],
    );
  }
  expect(await run()).toMatchObject({ bulkActionLines: 2, bulkActions: 2 });
  const left = await db.query<{ status: string }>('SELECT status FROM auth.bulk_actions ORDER BY status');
  expect(left.map(({ status }) => status)).toEqual(['planned', 'running']);
  await db.query('DELETE FROM auth.bulk_actions');
});

it('each statement is served by its index', async () => {
  await entries('completed', 1, 20_000);
  await db.query(
    `INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version)
     SELECT 'Often', now() - n * interval '1 minute', now() - n * interval '1 minute', 'on_time', 1 FROM generate_series(1, 20000) n`,
  );
  await db.query(
    `INSERT INTO auth.job_runs (job_name, trigger, status, started_at, finished_at)
     SELECT 'Often', 'manual', 'succeeded', now() - n * interval '1 minute', now() FROM generate_series(1, 20000) n`,
  );
  await db.query(
    `INSERT INTO auth.idempotency_keys (caller, mutation, key, input_digests, result_id)
     SELECT 'local', 'm', n::text, '{}', gen_random_uuid() FROM generate_series(1, 20000) n`,
  );
  await db.query(
    `INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload, processed_at)
     SELECT 't', 'a', gen_random_uuid(), '{}', now() - n * interval '1 second' FROM generate_series(1, 20000) n`,
  );
  await db.query('ANALYZE');
  const plans: Record<string, string> = {};
  for (const { name, delete: deletion } of deletions({ prune: async () => 0 })) {
    const explaining: Transactional = {
      transaction: (work) => work(explaining),
      query: async <Row>(sql: string, values?: readonly unknown[]) => {
        const plan = await db.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, values);
        plans[name] = plan.map((row) => row['QUERY PLAN']).join('\n');
        return [] as Row[];
      },
    };
    await deletion(explaining, 30 * DAY, 1_000);
  }
  expect(plans.completedEntries).toContain('queued_managed_account_creations_status_created_at_idx');
  expect(plans.runs).toMatch(/job_runs(_job_name)?_started_at_idx/);
  expect(plans.fires).toContain('job_fires_job_name_fired_at_key');
  expect(plans.idempotencyKeys).toContain('idempotency_keys_created_at_idx');
  expect(plans.processedEvents).toContain('outbox_events_processed_idx');
  for (const table of [
    'queued_managed_account_creations',
    'job_runs',
    'job_fires',
    'idempotency_keys',
    'outbox_events',
  ])
    expect(Object.values(plans).join('\n')).not.toContain(`Seq Scan on ${table}`);
});

it('the job shows as the others do, can be run by hand, and subscribers hear what it removed', async () => {
  const server = await startTestApp({ url: database.url });
  try {
    const stream = await subscribe(server, 'subscription { queuedCreationChanged { kind entryId } }', {});
    const [old] = await entries('completed', 91);
    const { body } = await server.graphql<{ runJobNow: { run: unknown } }>(
      `mutation { runJobNow(input: { jobName: "RetentionJob", wait: true }) { ... on RunJobNowPayload {
         run { status counts { name value } job { name cronDescription isPaused nextFireAt } } } } }`,
    );
    expect(body.data.runJobNow.run).toMatchObject({
      status: 'SUCCEEDED',
      counts: expect.arrayContaining([{ name: 'completedEntries', value: 1 }]),
      job: { name: 'RetentionJob', isPaused: false, nextFireAt: expect.stringMatching(/:17:30\.000Z$/) },
    });
    await expect
      .poll(() => stream.events().filter((event) => event.includes('REMOVED')))
      .toEqual([expect.stringContaining(String(old))]);
    stream.close();
    const schedules = await server.graphql<{ jobSchedules: { name: string; cronDescription: string }[] }>(
      '{ jobSchedules { name cronDescription } }',
    );
    expect(schedules.body.data.jobSchedules.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['ExpiredInvitationCleanupJob', 'ManagedAccountRetryJob', 'RetentionJob']),
    );
  } finally {
    await server.close();
  }
});
