/**
 * Every mutation that changes something writes exactly one audit entry, in the same transaction: when the database
 * refuses the entry, nothing has changed. So do the server's own actions.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import { ADMIN, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { TO_LOOPBACK } from '../support/webhooks.ts';

const PASSWORD = 'Correct-Horse-Battery-7';
const patient: Job = {
  name: 'PatientJob',
  description: 'Runs until it is interrupted.',
  cron: '0 0 1 1 *',
  timeZone: 'UTC',
  misfirePolicy: 'skip',
  run: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({}))),
};

let database: TestDatabase;
let app: TestApp;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({ url: database.url, config: { ...WITH_ACCESS, ...TO_LOOPBACK }, moreJobs: [patient] });
  family = await seedFamily(database.db);
  await act('openCircuit', { reason: 'quiet' });
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

/** Runs a mutation as ADMIN and returns its payload with everything that the tests check. */
async function act(name: string, input: object, requestId: string = randomUUID(), selection = '__typename') {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const { body } = await app.graphql<Record<string, Record<string, never>>>(
    `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} ... on MutationError { code message } } }`,
    { input },
    { ...ADMIN, 'x-request-id': requestId },
  );
  return { ...body, answer: body.data?.[name] as Record<string, unknown> | undefined };
}

const account = (username: string) => ({
  familyId: family.familyId,
  createdByUserId: family.ownerId,
  username,
  fullName: 'Carla Child',
  password: PASSWORD,
});

let made = 0;
async function entry(status: 'pending' | 'failed' = 'pending'): Promise<string> {
  const { answer } = await act(
    'enqueueAccount',
    account(`made_${++made}`),
    undefined,
    '... on EnqueueAccountPayload { entry { entryId } }',
  );
  const { entryId } = (answer as { entry: { entryId: string } }).entry;
  if (status === 'failed')
    await database.db.query(
      `UPDATE auth.queued_managed_account_creations SET status = 'failed', next_retry_at = NULL, failed_at = now(), retry_count = 5 WHERE id = $1`,
      [entryId],
    );
  return entryId;
}

/** Waits until no bulk action is in progress: its events would be counted for the mutation. */
const untilNoBulkAction = () =>
  expect
    .poll(() => database.db.query(`SELECT 1 FROM auth.bulk_actions WHERE status IN ('running', 'undoing')`))
    .toEqual([]);

async function plan(): Promise<string> {
  await untilNoBulkAction();
  const { answer } = await act(
    'planBulkAction',
    { action: 'CANCEL', entryIds: [await entry()], reason: 'cleaning up' },
    undefined,
    '... on PlanBulkActionPayload { planId }',
  );
  return (answer as { planId: string }).planId;
}

/** Returns the id of an event that is already published. */
async function publishedEvent(): Promise<string> {
  const find = async () =>
    (
      await database.db.query<{ id: string }>(
        'SELECT event_id AS id FROM auth.outbox_events WHERE processed_at IS NOT NULL ORDER BY sequence LIMIT 1',
      )
    )[0]?.id;
  await expect.poll(find).toEqual(expect.any(String));
  return (await find()) ?? '';
}

/** Nothing listens on this port, and events of this type do not occur here. */
const receiver = () => ({ url: `https://127.0.0.1:44444/${++made}?key=hush`, eventTypes: ['EncryptionKeyRetired'] });
async function webhook(): Promise<string> {
  const selection = '... on CreateWebhookPayload { webhook { webhookId } }';
  const { answer } = await act('createWebhook', receiver(), undefined, selection);
  return (answer as { webhook: { webhookId: string } }).webhook.webhookId;
}

interface Scenario {
  /** Prepares what the mutation changes and returns its input. */
  prepare(): Promise<object> | object;
  readonly expected: object;
}

const reason = 'because of the test';
const soon = () => new Date(Date.now() + 3_600_000).toISOString();
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  enqueueAccount: {
    prepare: () => account(`fresh_${++made}`),
    expected: { target_type: 'QueuedCreation', after: expect.objectContaining({ role: 'managed_account' }) },
  },
  enqueueAccounts: {
    prepare: () => ({ items: [account(`many_${++made}`), account(`many_${++made}`)] }),
    expected: { after: { accepted: 2, refused: 0, entryIds: [expect.any(String), expect.any(String)] } },
  },
  cancelEntry: {
    prepare: async () => ({ entryId: await entry(), reason }),
    expected: { target_type: 'QueuedCreation', reason, before: { status: 'pending' }, after: { status: 'cancelled' } },
  },
  retryEntry: {
    prepare: async () => ({ entryId: await entry('failed'), reason, password: `${PASSWORD}-new` }),
    expected: {
      reason,
      before: { status: 'failed', retryCount: 5 },
      after: { status: 'pending', retryCount: 0, isPasswordReplaced: true },
    },
  },
  planBulkAction: {
    prepare: async () => ({ action: 'CANCEL', entryIds: [await entry()], reason }),
    expected: { target_type: 'BulkAction', reason, after: { action: 'cancel', entryCount: 1 } },
  },
  applyBulkAction: {
    prepare: async () => ({ planId: await plan() }),
    expected: { target_type: 'BulkAction', reason: 'cleaning up', after: { action: 'cancel', count: 1 } },
  },
  undoBulkAction: {
    prepare: async () => {
      const planId = await plan();
      await act('applyBulkAction', { planId });
      await expect
        .poll(async () => (await database.db.query('SELECT status FROM auth.bulk_actions WHERE id = $1', [planId]))[0])
        .toEqual({ status: 'finished' });
      return { bulkActionId: planId, reason };
    },
    expected: { target_type: 'BulkAction', reason, after: { action: 'cancel', count: 1 } },
  },
  pauseQueue: {
    prepare: () => ({ reason: `${reason} ${++made}`, familyId: family.familyId }),
    expected: {
      target_type: 'Family',
      reason: expect.stringContaining(reason),
      after: { isPaused: true, until: null },
    },
  },
  resumeQueue: {
    prepare: async () => {
      await act('pauseQueue', { reason: 'a while', familyId: family.familyId });
      return { familyId: family.familyId, reason };
    },
    expected: {
      reason,
      before: { isPaused: true, reason: 'a while', pausedBy: expect.any(String) },
      after: { isPaused: false },
    },
  },
  setQueueLimits: {
    prepare: () => ({ startsPerSecond: 100 + ++made, reason }),
    expected: {
      target_type: 'Queue',
      reason,
      before: expect.objectContaining({ concurrency: null }),
      after: { startsPerSecond: expect.any(Number) },
    },
  },
  runJobNow: {
    prepare: () => ({ jobName: 'ExpiredInvitationCleanupJob', reason, wait: true }),
    expected: { target_type: 'JobRun', reason, after: { jobName: 'ExpiredInvitationCleanupJob' } },
  },
  pauseJob: {
    prepare: () => ({ jobName: 'RetentionJob', reason: `${reason} ${++made}` }),
    expected: {
      target_type: 'JobSchedule',
      target_id: 'RetentionJob',
      reason: expect.stringContaining(reason),
      before: expect.objectContaining({ cron: expect.any(String) }),
      after: { isPaused: true, until: null },
    },
  },
  resumeJob: {
    prepare: async () => {
      await act('pauseJob', { jobName: 'PatientJob', reason: 'a while' });
      return { jobName: 'PatientJob', reason };
    },
    expected: { reason, before: expect.objectContaining({ isPaused: true }), after: { isPaused: false } },
  },
  rescheduleJob: {
    prepare: () => ({ jobName: 'PatientJob', cron: `${++made % 60} 5 1 1 *`, reason }),
    expected: {
      reason,
      before: expect.objectContaining({ cron: expect.any(String) }),
      after: { cron: expect.any(String) },
    },
  },
  interruptRun: {
    prepare: async () => {
      // The run interrupted before may still be ending.
      const running = () =>
        database.db.query(`SELECT FROM auth.job_runs WHERE job_name = 'PatientJob' AND status = 'running'`);
      await expect.poll(running, { timeout: 30_000, interval: 10 }).toEqual([]);
      const { answer } = await act(
        'runJobNow',
        { jobName: 'PatientJob' },
        undefined,
        '... on RunJobNowPayload { run { runId } }',
      );
      return { runId: (answer as { run: { runId: string } }).run.runId, reason };
    },
    expected: { target_type: 'JobRun', reason, after: { jobName: 'PatientJob' } },
  },
  closeCircuit: {
    prepare: async () => {
      await act('openCircuit', { reason: 'quiet' });
      return { reason };
    },
    expected: {
      target_type: 'Circuit',
      reason,
      before: { state: 'open', reason: 'quiet' },
      after: { state: 'closed' },
    },
  },
  openCircuit: {
    prepare: () => ({ reason: `${reason} ${++made}` }),
    expected: {
      target_type: 'Circuit',
      reason: expect.stringContaining(reason),
      after: expect.objectContaining({ state: 'open', until: null }),
    },
  },
  checkIdentityProvider: {
    prepare: () => ({ reason }),
    expected: { target_type: 'IdentityProvider', reason },
  },
  setSimulatorFault: {
    prepare: () => ({ fault: 'SLOW', delaySeconds: 1 + (++made % 60), reason }),
    expected: {
      target_type: 'Simulator',
      reason,
      before: { fault: expect.any(String) },
      after: { fault: 'slow', delayMs: expect.any(Number) },
    },
  },
  silenceAlert: {
    prepare: () => ({ rule: 'JOB_FAILING', groupKey: `job ${++made}`, until: soon(), reason }),
    expected: { target_type: 'AlertRule', target_id: 'JOB_FAILING', reason },
  },
  endSilence: {
    prepare: async () => {
      const input = { rule: 'JOB_FAILING', until: soon(), reason: 'a while' };
      const selection = '... on SilenceAlertPayload { silence { silenceId } }';
      const { answer } = await act('silenceAlert', input, undefined, selection);
      return { silenceId: (answer as { silence: { silenceId: string } }).silence.silenceId, reason };
    },
    expected: { target_type: 'AlertSilence', reason, before: { until: expect.any(String) } },
  },
  createApiToken: {
    prepare: () => ({ name: `token ${++made}`, role: 'VIEWER', reason }),
    expected: { target_type: 'ApiToken', reason, after: expect.objectContaining({ role: 'VIEWER' }) },
  },
  revokeApiToken: {
    prepare: async () => {
      const { answer } = await act(
        'createApiToken',
        { name: `token ${++made}`, role: 'VIEWER' },
        undefined,
        '... on CreateApiTokenPayload { apiToken { apiTokenId } }',
      );
      return { apiTokenId: (answer as { apiToken: { apiTokenId: string } }).apiToken.apiTokenId, reason };
    },
    expected: { target_type: 'ApiToken', reason },
  },
  redeliverOutboxEvent: {
    prepare: async () => ({ eventId: await publishedEvent(), reason }),
    expected: {
      target_type: 'OutboxEvent',
      reason,
      before: { state: 'PROCESSED', eventType: expect.any(String) },
      after: { state: 'PENDING' },
    },
  },
  createWebhook: {
    prepare: () => ({ ...receiver(), description: 'a neighbour' }),
    expected: {
      target_type: 'Webhook',
      after: {
        url: expect.stringMatching(/\/\d+\?…$/),
        description: 'a neighbour',
        eventTypes: ['EncryptionKeyRetired'],
      },
    },
  },
  updateWebhook: {
    prepare: async () => ({
      webhookId: await webhook(),
      eventTypes: ['WebhookDisabled'],
      description: 'another',
      reason,
    }),
    expected: {
      target_type: 'Webhook',
      reason,
      before: { eventTypes: ['EncryptionKeyRetired'], description: null },
      after: { eventTypes: ['WebhookDisabled'], description: 'another' },
    },
  },
  pauseWebhook: {
    prepare: async () => ({ webhookId: await webhook(), reason }),
    expected: { target_type: 'Webhook', reason, before: { state: 'ACTIVE' }, after: { state: 'PAUSED' } },
  },
  resumeWebhook: {
    prepare: async () => {
      const webhookId = await webhook();
      await act('pauseWebhook', { webhookId, reason: 'a while' });
      return { webhookId, reason };
    },
    expected: { target_type: 'Webhook', reason, before: { state: 'PAUSED' }, after: { state: 'ACTIVE' } },
  },
  deleteWebhook: {
    prepare: async () => ({ webhookId: await webhook(), reason }),
    expected: { target_type: 'Webhook', reason, before: { eventTypes: ['EncryptionKeyRetired'] } },
  },
  rotateWebhookSecret: {
    prepare: async () => ({ webhookId: await webhook(), reason }),
    expected: { target_type: 'Webhook', reason, after: { isImmediate: false } },
  },
  testWebhook: {
    prepare: async () => ({ webhookId: await webhook() }),
    expected: { target_type: 'Webhook', after: { deliveryId: expect.any(String) } },
  },
  redeliverWebhook: {
    prepare: async () => {
      const [delivery] = await database.db.query<{ id: string }>(
        `INSERT INTO auth.webhook_deliveries (webhook_id, event_id, event_type, aggregate_id, body, status, closed_at)
         VALUES ($1, $2, 'EncryptionKeyRetired', $2, '{}', 'failed', now()) RETURNING id`,
        [await webhook(), randomUUID()],
      );
      return { deliveryId: delivery?.id, reason };
    },
    expected: { target_type: 'Webhook', reason, after: { deliveryId: expect.any(String), count: 1 } },
  },
  rotateEncryptionKey: { prepare: () => ({ reason }), expected: { target_type: 'EncryptionKey', reason } },
};

/** Everything that a mutation could have changed, except leases, heartbeats and hold marks of the running node. */
const state = () =>
  database.db.query(`
    SELECT (SELECT jsonb_agg(to_jsonb(e) - 'is_held' ORDER BY id) FROM auth.queued_managed_account_creations e) AS entries,
           (SELECT jsonb_agg(to_jsonb(b) - 'lease_expires_at' ORDER BY id) FROM auth.bulk_actions b WHERE status <> 'running') AS bulk,
           (SELECT jsonb_agg(to_jsonb(p) ORDER BY scope) FROM auth.queue_pauses p) AS pauses,
           (SELECT jsonb_agg(jsonb_build_array(starts_per_second, concurrency)) FROM auth.queue_limits) AS limits,
           (SELECT jsonb_agg(jsonb_build_array(name, cron, paused_at, version) ORDER BY name) FROM auth.job_schedules) AS schedules,
           (SELECT count(*) FROM auth.job_runs WHERE trigger = 'manual') AS runs,
           (SELECT count(*) FROM auth.job_runs WHERE interrupted_at IS NOT NULL) AS interrupted,
           (SELECT jsonb_agg(jsonb_build_array(provider, state, reason)) FROM auth.identity_circuits) AS circuits,
           (SELECT jsonb_agg(jsonb_build_array(fault, delay_ms)) FROM identity_simulator.fault_order) AS faults,
           (SELECT jsonb_agg(jsonb_build_array(id, revoked_at) ORDER BY id) FROM auth.api_tokens) AS tokens,
           (SELECT jsonb_agg(jsonb_build_array(event_type, redelivered_at) ORDER BY sequence) FROM auth.outbox_events
             WHERE event_type NOT IN ('JobRunFinished', 'AlertRaised', 'AlertResolved')) AS events,
           (SELECT jsonb_agg(jsonb_build_array(id, ended_at) ORDER BY id) FROM auth.alert_silences) AS silences,
           (SELECT jsonb_agg(jsonb_build_array(id, url, description, event_types, state) ORDER BY id) FROM auth.webhooks) AS webhooks,
           (SELECT jsonb_agg(jsonb_build_array(id, expires_at) ORDER BY id) FROM auth.webhook_secrets) AS secrets,
           (SELECT jsonb_agg(jsonb_build_array(id, redelivered_at) ORDER BY id) FROM auth.webhook_deliveries) AS deliveries,
           (SELECT count(*) FROM auth.data_protection_keys) AS keys`);

describe.each(Object.entries(SCENARIOS))('%s', (name, { prepare, expected }) => {
  it('leaves one record: who, what, why, before and after, and no secret', async () => {
    const requestId = `recorded-${name}`;
    const { errors, answer } = await act(name, await prepare(), requestId);
    expect(errors).toBeUndefined();
    expect(answer).toEqual({ __typename: `${name.charAt(0).toUpperCase()}${name.slice(1)}Payload` });
    const rows = await database.db.query<{ before: string | null; after: string | null }>(
      'SELECT * FROM auth.audit_entries WHERE request_id = $1',
      [requestId],
    );
    expect(rows).toHaveLength(1);
    const [row] = rows;
    const read = (text: string | null | undefined) => (typeof text === 'string' ? JSON.parse(text) : null);
    expect({ ...row, before: read(row?.before), after: read(row?.after) }).toMatchObject({
      action: name,
      outcome: 'done',
      actor_kind: 'admin_token',
      role: 'admin',
      address: '127.0.0.1',
      ...expected,
    });
    expect(JSON.stringify(row)).not.toMatch(/Correct-Horse|fhj_\w{8}_|eyJ|whsec_|hush/);
  });

  it('changes nothing when the record cannot be written', async () => {
    const input = await prepare();
    await untilNoBulkAction();
    const before = await state();
    await database.db.query('ALTER TABLE auth.audit_entries ADD CONSTRAINT refused CHECK (false) NOT VALID');
    try {
      const { errors } = await act(name, input);
      expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
      expect(await state()).toEqual(before);
    } finally {
      await database.db.query('ALTER TABLE auth.audit_entries DROP CONSTRAINT refused');
    }
  });
});

it('what changes nothing leaves no record', async () => {
  await act('pauseJob', { jobName: 'RetentionJob', reason: 'twice' });
  await act('pauseJob', { jobName: 'RetentionJob', reason: 'twice' }, 'unchanged-1');
  await act('cancelEntry', { entryId: randomUUID() }, 'unchanged-2');
  expect(await database.db.query(`SELECT action FROM auth.audit_entries WHERE request_id LIKE 'unchanged-%'`)).toEqual(
    [],
  );
});

it('an act of a repeated request is recorded once', async () => {
  const input = { ...account(`repeated_${++made}`), idempotencyKey: 'again' };
  await act('enqueueAccount', input, 'repeat-1');
  await act('enqueueAccount', input, 'repeat-2');
  expect(await database.db.query(`SELECT request_id FROM auth.audit_entries WHERE request_id LIKE 'repeat-%'`)).toEqual(
    [{ request_id: 'repeat-1' }],
  );
});

it('others hear of what was done, by an event of each kind, which is published', async () => {
  await expect
    .poll(() => database.db.query('SELECT event_type FROM auth.outbox_events WHERE processed_at IS NULL'), {
      timeout: 30_000,
    })
    .toEqual([]);
  const types = await database.db.query<{ type: string }>('SELECT DISTINCT event_type AS type FROM auth.outbox_events');
  expect(types.map(({ type }) => type)).toEqual(
    expect.arrayContaining([
      'ManagedAccountCreationQueued',
      'ManagedAccountCreationCancelled',
      'ManagedAccountCreationRetried',
      'ManagedAccountCreationRestored',
      'BulkActionFinished',
      'BulkActionUndone',
      'QueuePaused',
      'QueueResumed',
      'JobPaused',
      'JobResumed',
      'JobRescheduled',
      'JobRunFinished',
      'CircuitOpened',
      'CircuitClosed',
      'ApiTokenCreated',
      'ApiTokenRevoked',
      'EncryptionKeyRotated',
    ]),
  );
  const payloads = await database.db.query('SELECT payload::text FROM auth.outbox_events');
  expect(JSON.stringify(payloads)).not.toMatch(/Correct-Horse|fhj_\w{8}_|eyJ|Carla Child/);
});
