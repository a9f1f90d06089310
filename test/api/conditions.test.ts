/**
 * What needs attention now: each condition once, the most severe first, with its cure; families see only their own
 * pauses.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ADMIN, callerWith, type Headers, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let family: { familyId: string; ownerId: string };
let app: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  // As the scheduler registers it.
  await sql(`INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through)
             VALUES ('RetentionJob', '0 * * * *', 'UTC', 'run_once', now())`);
  // No evaluation of the alert rules happens meanwhile.
  app = await startTestApp({
    url: database.url,
    hasTimers: false,
    config: { ...WITH_ACCESS, alertIntervalMs: 3_600_000 },
  });
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});
beforeEach(async () => {
  await sql(`UPDATE auth.server_nodes SET state = 'running', last_beat_at = now() + interval '1 hour'`);
  for (const table of ['alerts', 'alert_silences', 'queue_pauses', 'queued_managed_account_creations'])
    await sql(`DELETE FROM auth.${table}`);
  await sql(
    `UPDATE auth.identity_circuits SET state = 'closed', cause = NULL, reason = NULL, opened_by = NULL, opened_at = NULL`,
  );
  await sql(
    `UPDATE auth.job_schedules SET paused_at = NULL, paused_by = NULL, pause_reason = NULL, paused_until = NULL`,
  );
});

const sql = (text: string, values?: readonly unknown[]) => database.db.query(text, values);

interface Condition {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly startedAt: string | null;
  readonly cures: readonly { readonly label: string; readonly mutation: string; readonly input: object }[];
}
async function conditions(headers: Headers = ADMIN): Promise<readonly Condition[]> {
  const { body } = await app.graphql<{ conditions: Condition[] }>(
    '{ conditions { code title severity message advice startedAt subject { kind key } cures { label mutation input } } }',
    {},
    headers,
  );
  expect(body.errors).toBeUndefined();
  return body.data.conditions;
}
const codes = async (): Promise<string[]> => (await conditions()).map(({ code }) => code);

async function mutate(name: string, input: object): Promise<void> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const { body } = await app.graphql<Record<string, unknown>>(
    `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename ... on MutationError { message } } }`,
    { input },
    ADMIN,
  );
  expect(body).toMatchObject({ data: { [name]: { __typename: `${type}Payload` } } });
}

const openCircuit = (cause: string | null, openedBy: string | null, reason: string) =>
  sql(`UPDATE auth.identity_circuits SET state = 'open', cause = $1, opened_by = $2, reason = $3, opened_at = now()`, [
    cause,
    openedBy,
    reason,
  ]);
const raise = (
  rule: string,
  more: { severity?: string; kind?: string; key?: string; cure?: object; isClear?: boolean } = {},
) =>
  sql(
    `INSERT INTO auth.alerts (id, rule, group_key, severity, summary, advice, cure, subject_kind, subject_key, count, started_at, raised_at, clear_since)
     VALUES (gen_random_uuid(), $1, coalesce($4, ''), $2::auth.alert_severity, 'It is so.', 'Fix it.', $5, $3, $4, 1, now(), now(), CASE WHEN $6 THEN now() END)`,
    [
      rule,
      more.severity ?? 'warning',
      more.kind ?? 'queue',
      more.key ?? null,
      more.cure ?? null,
      more.isClear ?? false,
    ],
  );
const fail = () =>
  sql(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, created_by_user_id, status, next_retry_at, failed_at)
     VALUES ($1, 'failed_one', 'Somebody', $2, 'failed', NULL, now())`,
    [family.familyId, family.ownerId],
  );

test('nothing needs attention where nothing is wrong', async () => expect(await conditions()).toEqual([]));

test('the most severe comes first, each with a cure that the API takes', async () => {
  await openCircuit('PROVIDER_TOKEN_INVALID', null, 'The token is invalid.');
  await mutate('pauseQueue', { reason: 'import', familyId: family.familyId });
  await mutate('pauseJob', { jobName: 'RetentionJob', reason: 'disk' });
  await raise('OUTBOX_STUCK', { severity: 'critical', kind: 'outbox' });
  const found = await conditions();
  expect(found.map(({ code, severity, message }) => [code, severity, message])).toEqual([
    [
      'CIRCUIT_OPEN',
      'CRITICAL',
      'The circuit to simulator is open: no entry is attempted. The cause is PROVIDER_TOKEN_INVALID.',
    ],
    ['OUTBOX_STUCK', 'CRITICAL', 'It is so.'],
    ['FAMILY_PAUSED', 'WARNING', expect.stringMatching(/^The queue of .+ is paused by .+: “import”\.$/)],
    ['SCHEDULE_PAUSED', 'WARNING', expect.stringMatching(/^RetentionJob is paused by .+: “disk”\.$/)],
  ]);
  expect(found.map(({ startedAt }) => startedAt)).toEqual(found.map(() => expect.any(String)));
  for (const { cures } of found) for (const { mutation, input } of cures) await mutate(mutation, input);
  expect(await codes()).toEqual(['OUTBOX_STUCK']);
});

test('an alert that repeats or follows from another condition is left out, and so is one that is silenced or minor', async () => {
  await openCircuit('PROVIDER_TOKEN_INVALID', null, 'The token is invalid.');
  await raise('CIRCUIT_OPEN', { severity: 'critical', kind: 'identity_provider', key: 'simulator' });
  await raise('ENTRY_OVERDUE', { severity: 'critical' });
  await raise('KEY_OLD', { severity: 'info', kind: 'encryption_key', key: 'k' });
  await raise('JOB_FAILING', { kind: 'job', key: 'RetentionJob' });
  expect(await codes()).toEqual(['CIRCUIT_OPEN', 'JOB_FAILING']);
  await sql(
    `INSERT INTO auth.alert_silences (rule, reason, created_by, ends_at) VALUES ('JOB_FAILING', 'known', 'ann', now() + interval '1 hour')`,
  );
  expect(await codes()).toEqual(['CIRCUIT_OPEN']);
  await mutate('closeCircuit', {});
  expect(await codes()).toEqual(['ENTRY_OVERDUE']);
});

test('a fault of the simulator comes before what follows from it', async () => {
  await mutate('setSimulatorFault', { fault: 'INVALID_TOKEN' });
  await openCircuit('PROVIDER_TOKEN_INVALID', null, 'The token is invalid.');
  const [first, second] = await conditions();
  expect(first).toMatchObject({
    code: 'SIMULATOR_FAULT',
    message: expect.stringMatching(/^The built-in simulator is set to refuse the token \(401\), by .+\.$/),
    cures: [{ label: 'Turn the fault off', mutation: 'setSimulatorFault', input: { fault: 'NONE' } }],
  });
  expect(second?.code).toBe('CIRCUIT_OPEN');
  await mutate('setSimulatorFault', { fault: 'NONE' });
  expect(await codes()).toEqual(['CIRCUIT_OPEN']);
});

test('a circuit that was opened by hand says by whom and why', async () => {
  await openCircuit(null, 'Ada', 'maintenance');
  expect((await conditions())[0]?.message).toBe(
    'The circuit to simulator is open: no entry is attempted. Ada opened it: “maintenance”.',
  );
  await sql(`UPDATE auth.identity_circuits SET state = 'half_open'`);
  expect((await conditions())[0]?.message).toMatch(/^The circuit to simulator is half open: .* probe\./);
});

test('an alert whose condition is gone needs no attention, though it stays on for a while', async () => {
  await raise('OUTBOX_STUCK', { kind: 'outbox', isClear: true });
  await raise('ENTRY_FAILED', { kind: 'failure_group', key: 'g' });
  expect(await codes()).toEqual([]);
  await fail();
  expect(await codes()).toEqual(['ENTRY_FAILED']);
});

test('a retry is offered beside the cancel that is advised', async () => {
  const input = { action: 'CANCEL', filter: { failureGroup: 'g' } };
  await fail();
  await raise('ENTRY_FAILED', {
    kind: 'failure_group',
    key: 'g',
    cure: { label: 'Plan a cancel of these entries', mutation: 'planBulkAction', input },
  });
  const [failed] = await conditions();
  expect(failed?.cures.map((cure) => cure.input)).toEqual([input, { ...input, action: 'RETRY' }]);
});

test('without a running node nothing is attempted', async () => {
  await sql(`UPDATE auth.server_nodes SET state = 'gone'`);
  expect(await conditions()).toMatchObject([{ code: 'NO_LIVE_NODE', severity: 'CRITICAL', cures: [] }]);
});

test('a caller that is bound to a family sees what pauses it, and nothing of others', async () => {
  const other = await seedFamily(database.db);
  await openCircuit(null, 'Ada', 'maintenance');
  await mutate('pauseQueue', { reason: 'theirs', familyId: other.familyId });
  await mutate('pauseQueue', { reason: 'ours', familyId: family.familyId });
  const viewer = await callerWith(app, { name: 'our viewer', role: 'VIEWER', familyId: family.familyId });
  expect(await conditions(viewer)).toMatchObject([{ code: 'FAMILY_PAUSED', message: expect.stringContaining('ours') }]);
});
