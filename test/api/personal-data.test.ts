/** MASK_PERSONAL_DATA_FOR: who must not see names and addresses does not, by any field that has or quotes them. */
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
    config: { ...WITH_ACCESS, MASK_PERSONAL_DATA_FOR: ['viewer'] },
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
  families { nodes { name members { nodes { fullName email } } invitations { nodes { email } } } }
  failureGroups { message }
  queueControl { pauses { reason } }
  jobSchedules { pause { reason } versions(first: 5) { changeReason } explanation { summary } }
}`;

async function textFor(headers: Headers): Promise<string> {
  const { body } = await app.graphql(EVERYTHING, {}, headers);
  expect(body.errors).toBeUndefined();
  return JSON.stringify(body.data);
}

it('a masked role sees none of them, and everything else', async () => {
  const text = await textFor(viewer);
  expect(text).not.toMatch(/Wilhelmina|Quarterstaff|quarterstaff\.example|Olivia|owner-\w+@/);
  expect(text).toContain('masked_one');
  expect(text).toContain('asked for by •••');
  expect(text).toContain('The name \\"•••\\" of ••• is refused.');
  expect(text).toMatch(/"number":1,"startedAt":"\d{4}-/);
});

it('other roles see them', async () => {
  const text = await textFor(operator);
  expect(text).toContain(`The name \\"${NAME}\\" of mother@quarterstaff.example is refused.`);
  expect(text).toContain('Olivia Owner');
  expect(text).toContain('aunt@quarterstaff.example');
  expect(text).toContain('uncle@quarterstaff.example');
});
