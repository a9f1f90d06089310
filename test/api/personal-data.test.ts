/** MASK_PERSONAL_DATA_FOR: masked roles do not see names and addresses, in any field that contains or quotes them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMIN, callerWith, type Headers, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

const NAME = 'Wilhelmina Quarterstaff';
let database: TestDatabase;
let app: TestApp;
let viewer: Headers;
let operator: Headers;

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({
    url: database.url,
    config: { ...WITH_ACCESS, MASK_PERSONAL_DATA_FOR: ['viewer', 'operator'] },
    hasTimers: false,
  });
  const { familyId, ownerId } = await seedFamily(database.db);
  await database.db.query(
    `WITH entry AS (
       INSERT INTO auth.queued_managed_account_creations
         (family_id, created_by_user_id, username, full_name, status, next_retry_at, last_error_code, last_error_message, attempt_count, failed_at)
       VALUES ($1, $2, 'masked_one', $3, 'failed', NULL, 'USERNAME_REFUSED', 'The name "' || $3::text || '" of mother@quarterstaff.example is refused.', 1, now())
       RETURNING id, last_error_message)
     INSERT INTO auth.account_creation_attempts (entry_id, number, outcome, started_at, finished_at, error_code, error_message)
     SELECT id, 1, 'permanent_failure', now(), now(), 'USERNAME_REFUSED', last_error_message FROM entry`,
    [familyId, ownerId, NAME],
  );
  await database.db.query(
    `INSERT INTO auth.family_member_invitations (family_id, email, role, invitation_token, invitation_display_code, invited_by_user_id, expires_at)
     VALUES ($1, 'aunt@quarterstaff.example', 'member', 'secret-token', 'ABCD', $2, now())`,
    [familyId, ownerId],
  );
  const reason = 'asked for by uncle@quarterstaff.example';
  for (const [name, input] of [
    ['pauseQueue', { reason }],
    ['pauseJob', { reason, jobName: 'RetentionJob' }],
  ] as const)
    await app.graphql(
      `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { __typename } }`,
      { input },
      ADMIN,
    );
  const boss = 'boss@quarterstaff.example';
  await database.db.query(
    `WITH webhook AS (
       INSERT INTO auth.webhooks (id, url, description, created_by, state_changed_by, state_reason)
       VALUES (gen_random_uuid(), 'https://hooks.example/', 'of niece@quarterstaff.example', $1, $1, 'said ' || $1) RETURNING id)
     INSERT INTO auth.webhook_deliveries (webhook_id, event_id, event_type, aggregate_id, body)
     SELECT id, gen_random_uuid(), 'QueuePaused', gen_random_uuid(), '{"actor":"' || $1 || '"}' FROM webhook`,
    [boss],
  );
  await database.db.query(`UPDATE auth.outbox_events SET payload = payload || jsonb_build_object('actor', $1::text)`, [
    boss,
  ]);
  await database.db.query(`UPDATE auth.queue_pauses SET paused_by = 'boss@quarterstaff.example'`);
  viewer = await callerWith(app, { name: 'a viewer', role: 'VIEWER' });
  operator = await callerWith(app, { name: 'an operator', role: 'OPERATOR' });
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

const EVERYTHING = `{
  queuedCreations { nodes { username fullName lastErrorMessage createdBy { fullName email }
    attempts { nodes { number startedAt errorMessage errorCode } } explanation { summary nextChangeAt blockers { message } } } }
  families { nodes { name members { nodes { fullName email } } invitations { nodes { email displayCode } } } }
  failureGroups { message }
  queueControl { pauses { reason pausedBy } }
  jobSchedules { pause { reason } versions(first: 5) { changeReason } explanation { summary } }
}`;

async function textFor(headers: Headers): Promise<string> {
  const { body } = await app.graphql(EVERYTHING, {}, headers);
  expect(body.errors).toBeUndefined();
  return JSON.stringify(body.data);
}

it('a masked role sees none of them, and everything else', async () => {
  const text = await textFor(viewer);
  expect(text).not.toMatch(/Wilhelmina|Quarterstaff|quarterstaff\.example|Olivia|owner-\w+@|ABCD/);
  expect(text).toContain('masked_one');
  expect(text).toContain('asked for by •••');
  expect(text).toContain('The name \\"•••\\" of ••• is refused.');
  expect(text).toMatch(/"number":1,"startedAt":"\d{4}-/);
});

it('nor do masked operators by webhooks, their deliveries or what is on record', async () => {
  const query = `{ webhooks { url description createdBy stateReason deliveries { nodes { body } } }
    outboxEvents { nodes { payload } } auditEntries { nodes { actor actorId reason before after } } }`;
  const everything = async (headers: Headers) => {
    const { body } = await app.graphql(query, {}, headers);
    expect(body.errors).toBeUndefined();
    return JSON.stringify(body.data);
  };
  expect(await everything(ADMIN)).toMatch(/niece@quarterstaff\.example.*boss@quarterstaff\.example/);
  const text = await everything(operator);
  expect(text).not.toContain('@quarterstaff.example');
  expect(text).toContain('of •••');
});

it('an ENQUEUER gets to its entries’ users, but to no address', async () => {
  const enqueuer = await callerWith(app, { name: 'a frontend', role: 'ENQUEUER' });
  await database.db.query(`UPDATE auth.queued_managed_account_creations SET enqueuer = 'token:a frontend'`);
  const { body } = await app.graphql<object>(
    '{ queuedCreations { nodes { createdBy { fullName email } } } }',
    {},
    enqueuer,
  );
  expect(body.data).toEqual({
    queuedCreations: { nodes: [{ createdBy: { fullName: 'Olivia Owner', email: null } }] },
  });
});

it('other roles see them', async () => {
  const text = await textFor(ADMIN);
  expect(text).toContain(`The name \\"${NAME}\\" of mother@quarterstaff.example is refused.`);
  expect(text).toContain('Olivia Owner');
  expect(text).toContain('aunt@quarterstaff.example');
  expect(text).toContain('uncle@quarterstaff.example');
});
