/**
 * A queue with a history: 1,000,000 finished entries of 5,000 families over a year, with users, attempts
 * and events, and 200,000 entries due from tomorrow on. Creating it takes a minute or two; with
 * BENCH_DATA_DIR set to a folder it is created once and kept there.
 */
import type { Queryable } from '../src/database/database.ts';

export const FINISHED = 1_000_000;
export const FUTURE = 200_000;

/** Fills the tables, unless they already have that many entries. */
export async function fillMillion(db: Queryable): Promise<void> {
  const [queued] = await db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM auth.queued_managed_account_creations',
  );
  if ((queued?.count ?? 0) >= FINISHED + FUTURE) return;
  await db.query(`
    INSERT INTO auth.families (id, name, created_at, updated_at)
    SELECT gen_random_uuid(), 'Family ' || n, now() - interval '400 days', now() FROM generate_series(1, 5000) AS n`);
  await db.query(`
    INSERT INTO auth.users (id, family_id, username, full_name, email, role, created_at, updated_at)
    SELECT gen_random_uuid(), id, 'owner_' || row_number() OVER (), 'An Owner', row_number() OVER () || '@example.org', 'owner', now(), now()
      FROM auth.families WHERE name LIKE 'Family %'`);
  await db.query(`CREATE TEMPORARY TABLE family AS
    SELECT row_number() OVER () - 1 AS place, family.id, owner.id AS owner_id
      FROM auth.families AS family JOIN auth.users AS owner ON owner.family_id = family.id AND owner.role = 'owner'
     WHERE family.name LIKE 'Family %'`);
  // Of 100 finished entries: 92 completed, 5 failed (four codes), 3 cancelled.
  await db.query(`CREATE TEMPORARY TABLE past AS
    SELECT gen_random_uuid() AS id, gen_random_uuid() AS user_id, n, family.id AS family_id, family.owner_id,
           CASE WHEN n % 100 < 92 THEN 'completed' WHEN n % 100 < 97 THEN 'failed' ELSE 'cancelled' END::auth.entry_status AS status,
           (ARRAY['USERNAME_TAKEN', 'PASSWORD_REFUSED', 'PROVIDER_UNAVAILABLE', 'TIMEOUT'])[1 + n / 100 % 4] AS code,
           now() - (${FINISHED} - n) * interval '31.536 seconds' AS at
      FROM generate_series(1, ${FINISHED}) AS n JOIN family ON family.place = (n * 7919::bigint) % 5000`);
  await db.query(`
    INSERT INTO auth.users (id, family_id, username, full_name, role, zitadel_user_id, created_at, updated_at)
    SELECT user_id, family_id, substr(md5(n::text), 1, 16), 'Some Body', 'managed_account', id::text, at, at FROM past WHERE status = 'completed'`);
  await db.query(`
    INSERT INTO auth.queued_managed_account_creations
      (id, family_id, username, full_name, role, created_by_user_id, status, retry_count, next_retry_at, attempt_count, last_outcome,
       last_error_code, last_error_message, failure_group, user_id, completed_at, failed_at, cancelled_at, created_at, updated_at)
    SELECT id, family_id, substr(md5(n::text), 1, 16), 'Some Body', 'managed_account', owner_id, status, 0, NULL, 1,
           CASE status WHEN 'completed' THEN 'succeeded' WHEN 'failed' THEN 'permanent_failure' END::auth.attempt_outcome,
           CASE status WHEN 'failed' THEN code END, CASE status WHEN 'failed' THEN 'It failed with ' || code END,
           CASE status WHEN 'failed' THEN md5(code) END, CASE status WHEN 'completed' THEN user_id END,
           CASE status WHEN 'completed' THEN at END, CASE status WHEN 'failed' THEN at END, CASE status WHEN 'cancelled' THEN at END, at, at
      FROM past`);
  await db.query(`
    INSERT INTO auth.account_creation_attempts (entry_id, number, outcome, due_at, started_at, finished_at, error_code, error_message, failure_group)
    SELECT id, 1, CASE status WHEN 'failed' THEN 'permanent_failure' ELSE 'succeeded' END::auth.attempt_outcome, at, at, at,
           CASE status WHEN 'failed' THEN code END, CASE status WHEN 'failed' THEN 'It failed with ' || code END, CASE status WHEN 'failed' THEN md5(code) END
      FROM past WHERE status <> 'cancelled'`);
  await db.query(`
    INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload, processed_at, created_at, updated_at)
    SELECT 'ManagedAccountCreated', 'User', user_id, '{}', at, at, at FROM past WHERE status = 'completed'`);
  await db.query(`
    INSERT INTO auth.queued_managed_account_creations
      (id, family_id, username, full_name, role, encrypted_password, created_by_user_id, status, next_retry_at, created_at, updated_at)
    SELECT gen_random_uuid(), family.id, substr(md5('future ' || n), 1, 16), 'Some Body', 'managed_account', 'not sealed', family.owner_id, 'pending',
           now() + interval '1 day' + n * interval '0.4 seconds', now() - n * interval '0.4 seconds', now()
      FROM generate_series(1, ${FUTURE}) AS n JOIN family ON family.place = (n * 7919::bigint) % 5000`);
  await db.query('DROP TABLE past, family');
  await db.query('VACUUM ANALYZE');
  await db.query('CHECKPOINT');
}
