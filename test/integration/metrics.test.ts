/** The metrics of nodes: outcomes of entries, jobs and requests, and figures that one node queries for all. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let family: { familyId: string; ownerId: string };
let first: TestApp;
let second: TestApp;
/** The number of statements that read the shared figures. */
let readings = 0;
/** The transaction ids of the statements that read figures; null where none was assigned. */
const transactionIds: (string | null)[] = [];

const counting = (db: Database): Database => ({
  ...db,
  query(sql, values) {
    if (sql.includes('SELECT reading')) readings++;
    if (!/nodesAlive|oldestDueAge/.test(sql)) return db.query(sql, values);
    return db.transaction(async (tx) => {
      const rows = await tx.query<never>(sql, values);
      const [own] = await tx.query<{ id: string | null }>('SELECT pg_current_xact_id_if_assigned()::text AS id');
      transactionIds.push(own?.id ?? null);
      return rows;
    });
  },
});

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  const config = { metricsIntervalMs: 200, CIRCUIT_FAILURE_THRESHOLD: 2 };
  first = await startTestApp({ url: database.url, config, wrapDatabase: counting, nodeName: 'first' });
  second = await startTestApp({ url: database.url, config, wrapDatabase: counting, nodeName: 'second' });
});
afterAll(async () => {
  await second?.close();
  await first?.close();
  await database?.drop();
});

/** The samples of a scrape, keyed by name and labels as written. */
async function scrape(node: TestApp): Promise<Map<string, number>> {
  const answer = await fetch(`${node.url}/metrics`);
  expect(answer.status).toBe(200);
  const samples = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').pop())]));
}
const value = async (name: string, node = first): Promise<number | undefined> => (await scrape(node)).get(name);
/** The sum over both nodes, since either may have done the work. */
const sum = async (name: string): Promise<number> =>
  ((await value(name, first)) ?? 0) + ((await value(name, second)) ?? 0);

/** Queries for figures pause for fifty times their duration, and the machine may be busy. */
const eventually = <T>(probe: () => Promise<T>) => expect.poll(probe, { timeout: 30_000 });

async function put(status: string, count: number, dueAgo = '0 s'): Promise<void> {
  await database.db.query(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, created_by_user_id, encrypted_password, status, next_retry_at, completed_at)
     SELECT $1, $3 || n || '_' || gen_random_uuid(), 'Some Body', $2, 'x', $3::text::auth.entry_status,
            CASE $3 WHEN 'pending' THEN now() - $5::interval END, CASE $3 WHEN 'completed' THEN now() END
       FROM generate_series(1, $4) AS n`,
    [family.familyId, family.ownerId, status, count, dueAgo],
  );
}

test('what is of the database is the same on every node, and right', async () => {
  await first.graphql('mutation { pauseQueue(input: {reason: "the test"}) { __typename } }');
  await put('pending', 7, '90 s');
  await put('pending', 3, '-1 h');
  await put('cancelled', 4);
  for (const node of [first, second]) {
    await eventually(() => value('family_hub_entries{status="cancelled"}', node)).toBe(4);
    const samples = await scrape(node);
    expect(samples.get('family_hub_entries{status="pending"}')).toBe(10);
    expect(samples.get('family_hub_due_entries')).toBe(7);
    expect(samples.get('family_hub_oldest_due_age_seconds')).toBeGreaterThanOrEqual(90);
    expect(samples.get('family_hub_oldest_due_age_seconds')).toBeLessThan(150);
    expect(samples.get('family_hub_nodes_alive')).toBe(2);
    expect(samples.get('family_hub_circuit_state{state="closed"}')).toBe(1);
    expect(samples.get('family_hub_circuit_state{state="open"}')).toBe(0);
    expect(samples.get('family_hub_webhooks{state="active"}')).toBe(0);
    expect(samples.get('family_hub_readings_age_seconds')).toBeLessThan(10);
  }
  await database.db.query('DELETE FROM auth.queued_managed_account_creations');
  await first.graphql('mutation { resumeQueue(input: {reason: "the test"}) { __typename } }');
});

test('events, webhooks and alerts are told of', async () => {
  await database.db.query(
    `INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload, parked_at, error_message)
     SELECT 'ManagedAccountCreated', 'ManagedAccountCreation', gen_random_uuid(), '{}', now(), 'x' FROM generate_series(1, 3)`,
  );
  await database.db.query(
    `INSERT INTO auth.webhooks (id, url, state, state_changed_by, created_by, disabled_at)
     VALUES (gen_random_uuid(), 'https://example.org', 'disabled', 'the test', 'the test', now())`,
  );
  await database.db.query(
    `INSERT INTO auth.alerts (id, rule, group_key, severity, summary, advice, subject_kind, count, started_at, raised_at)
     SELECT gen_random_uuid(), 'WEBHOOK_DISABLED', n::text, 'warning', 's', 'a', 'webhook', 1, now(), now() FROM generate_series(1, 2) AS n`,
  );
  await eventually(() => value('family_hub_outbox_parked_events', second)).toBe(3);
  const samples = await scrape(second);
  expect(samples.get('family_hub_webhooks{state="disabled"}')).toBe(1);
  expect(samples.get('family_hub_webhook_pending_deliveries')).toBe(0);
  expect(samples.get('family_hub_alerts{rule="WEBHOOK_DISABLED",severity="warning"}')).toBeGreaterThanOrEqual(1);
  await database.db.query('DELETE FROM auth.alerts');
  await database.db.query('DELETE FROM auth.outbox_events WHERE parked_at IS NOT NULL');
  await eventually(() =>
    value('family_hub_alerts{rule="WEBHOOK_DISABLED",severity="warning"}', second),
  ).toBeUndefined();
  const unevaluated = () => value('family_hub_alerts{rule="RULE_UNREADABLE",severity="critical"}', second);
  expect(await unevaluated()).toBeUndefined();
  await database.db.query(
    `WITH turn AS (UPDATE auth.alert_turn SET taken_at = now() + interval '1 hour', done_at = now() - interval '6 minutes')
     UPDATE auth.server_nodes SET started_at = now() - interval '6 minutes'`,
  );
  await eventually(unevaluated).toBe(1);
  await database.db.query('UPDATE auth.alert_turn SET taken_at = NULL, done_at = now()');
  await eventually(unevaluated).toBeUndefined();
  expect([...samples.keys()].filter((name) => name.startsWith('family_hub_build_info{version="'))).toHaveLength(1);
});

test('a transaction that has written and goes on is told of', async () => {
  await database.db.transaction(async (tx) => {
    await tx.query(`UPDATE auth.families SET name = name WHERE id = $1`, [family.familyId]);
    await eventually(() => value('family_hub_change_feed_held_back_seconds')).toBeGreaterThan(0.2);
  });
  await eventually(() => value('family_hub_change_feed_held_back_seconds')).toBeLessThan(0.2);
});

test('an account that is made is counted on its way', async () => {
  const { body } = await first.graphql<{ enqueueAccount: { entry: { entryId: string } } }>(
    `mutation Enqueue_${'x'.repeat(20)}($input: EnqueueAccountInput!) {
      enqueueAccount(input: $input) { ... on EnqueueAccountPayload { entry { entryId } } ... on MutationError { message } } }`,
    {
      input: { familyId: family.familyId, createdByUserId: family.ownerId, username: 'measured', fullName: 'M' },
    },
  );
  expect(body.data.enqueueAccount.entry).toBeDefined();
  await eventually(() => sum('family_hub_account_creation_seconds_count')).toBe(1);
  expect(await sum('family_hub_attempt_duration_seconds_count{outcome="succeeded",class="none"}')).toBe(1);
  expect(await sum('family_hub_entry_retries_sum{outcome="succeeded"}')).toBe(0);
  expect(await sum('family_hub_entry_retries_count{outcome="succeeded"}')).toBe(1);
  expect(await sum('family_hub_claimed_entries_total')).toBe(1);
  expect(await sum('family_hub_claim_batch_entries_sum')).toBe(1);
  expect(await sum('family_hub_outcome_batch_entries_sum{kind="success"}')).toBe(1);
  expect(await value('family_hub_graphql_operations_total{operation="enqueueAccount",ok="true"}')).toBe(1);
  expect(await value('family_hub_graphql_operation_seconds_total{operation="enqueueAccount"}')).toBeGreaterThan(0);
});

test('an operation that may not be executed is counted by its field, a request that cannot be as refused', async () => {
  const refused = 'family_hub_graphql_operations_total{operation="refused",ok="false"}';
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${first.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const before = (await value(refused)) ?? 0;
  for (const query of ['{ noSuchField }', '{ families(', `{ ${'a: __typename '.repeat(5_000)} }`, '{ ...Loop }'])
    await first.graphql(query);
  expect(await value(refused)).toBe(before + 4);
  // As a browser client requests it, which gets status 200.
  const answer = await post(JSON.stringify({ query: '{ noSuchField }' }), { accept: 'application/json' });
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('noSuchField')]);
  await post('{');
  await post('x', { 'content-type': 'text/plain' });
  expect(await value(refused)).toBe(before + 7);
  // Repeated, because validation errors of a document are cached.
  await first.graphql('{ noSuchField }');
  expect(await value(refused)).toBe(before + 8);

  const operation = (name: string, ok: boolean) =>
    value(`family_hub_graphql_operations_total{operation="${name}",ok="${ok}"}`);
  await first.graphql('{ __typename }');
  await first.graphql('{ __typename __schema { queryType { name } } }');
  await first.graphql('{ auditEntries(first: -1) { totalCount } }');
  expect([await operation('none', true), await operation('introspection', true)]).toEqual([1, 1]);
  expect(await operation('auditEntries', false)).toBe(1);
  expect(await value(refused)).toBe(before + 8);
});

test('a failure is counted by what became of the entry and by its class', async () => {
  await put('pending', 1);
  first.app.worker.wake();
  const failed = 'family_hub_attempt_duration_seconds_count{outcome="failed",class="permanent"}';
  await eventually(() => sum(failed)).toBe(1);
  expect(await sum('family_hub_entry_retries_count{outcome="failed"}')).toBe(1);
  expect(await sum('family_hub_outcome_batch_entries_count{kind="failure"}')).toBe(1);
});

test('a run by hand is counted with its duration', async () => {
  await first.graphql(
    'mutation { runJobNow(input: {jobName: "RetentionJob", wait: true}) { __typename ... on MutationError { message } } }',
  );
  const runs = 'family_hub_job_runs_total{job_name="RetentionJob",status="succeeded",outcome="manual"}';
  await eventually(() => value(runs)).toBe(1);
  expect(await value('family_hub_job_run_duration_seconds_count{job_name="RetentionJob"}')).toBe(1);
});

test('fires are counted by outcome, with their lag', async () => {
  // As if the nodes had been away: the next check resolves what was due. Fires of minutes since then are deleted
  // first.
  await database.db.query(
    `DELETE FROM auth.job_runs WHERE job_name = 'ManagedAccountRetryJob' AND status <> 'running'`,
  );
  await database.db.query(`DELETE FROM auth.job_fires WHERE job_name = 'ManagedAccountRetryJob'`);
  await database.db.query(
    `UPDATE auth.job_schedules SET resolved_through = resolved_through - interval '3 minutes' WHERE name = 'ManagedAccountRetryJob'`,
  );
  await first.app.scheduler.refresh();
  const settled = async (): Promise<number> => {
    const outcomes = ['on_time', 'late', 'caught_up', 'skipped_policy', 'skipped_overlap'];
    const counts = await Promise.all(
      outcomes.map((outcome) =>
        sum(`family_hub_job_fires_total{job_name="ManagedAccountRetryJob",outcome="${outcome}"}`),
      ),
    );
    return counts.reduce((all, count) => all + count, 0);
  };
  await eventually(settled).toBeGreaterThanOrEqual(3);
  expect(await sum('family_hub_job_fire_lag_seconds_count{job_name="ManagedAccountRetryJob"}')).toBeGreaterThanOrEqual(
    1,
  );
});

test('open subscriptions, pools and failing statements are told of', async () => {
  const controller = new AbortController();
  const open = 'family_hub_subscriptions_open{operation="queuedCreationChanged"}';
  const answer = await fetch(`${first.url}/graphql`, {
    method: 'POST',
    signal: controller.signal,
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'subscription { queuedCreationChanged { kind } }' }),
  });
  expect(answer.status).toBe(200);
  await eventually(() => value(open)).toBe(1);
  controller.abort();
  await eventually(() => value(open)).toBe(0);

  const samples = await scrape(first);
  const pool = (state: string) => samples.get(`family_hub_database_connections{pool="work",state="${state}"}`) ?? 0;
  expect(pool('in_use') + pool('idle')).toBeGreaterThan(0);
  expect(samples.get('family_hub_database_waiting_requests{pool="reading"}')).toBe(0);

  const broken = 'family_hub_database_errors_total{class="22"}';
  const before = (await value(broken)) ?? 0;
  await expect(first.db.query('SELECT 1 / $1::int', [0])).rejects.toThrow();
  await expect(first.db.reading.query('SELECT 1 / $1::int', [0])).rejects.toThrow();
  expect(await value(broken)).toBe(before + 2);
});

test('metrics are read with GET, and nothing else', async () => {
  const ask = (method: string) => fetch(`${first.url}/metrics`, { method });
  const refused = await ask('POST');
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }] });
  expect((await ask('DELETE')).status).toBe(405);
  const head = await ask('HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('what counts has no transaction id, for which live updates would wait', () => {
  expect(transactionIds.length).toBeGreaterThan(1);
  expect(new Set(transactionIds)).toEqual(new Set([null]));
});

test('many scrapes of many nodes cost one reading in an interval', async () => {
  // Put the next query for figures far into the future: every scrape returns the stored ones.
  await eventually(() => value('family_hub_nodes_alive')).toBe(2);
  await database.db.query(`UPDATE auth.readings SET next_at = now() + interval '1 hour'`);
  const takenAt = () => database.db.query<{ at: Date }>('SELECT taken_at AS at FROM auth.readings');
  const before = await takenAt();
  await put('cancelled', 5);
  readings = 0;
  const begun = performance.now();
  await Promise.all(Array.from({ length: 100 }, (_, n) => scrape(n % 2 === 0 ? first : second)));
  // At most one query per node and interval, however often it is scraped.
  expect(readings).toBeLessThanOrEqual(2 * (1 + (performance.now() - begun) / 200));
  expect(await takenAt()).toEqual(before);
  expect(await value('family_hub_entries{status="cancelled"}')).toBe(0);
  await database.db.query('UPDATE auth.readings SET next_at = now()');
  for (const node of [first, second])
    await eventually(() => value('family_hub_entries{status="cancelled"}', node)).toBe(5);
});
