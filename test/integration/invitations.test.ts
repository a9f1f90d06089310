/** The nightly cleanup: which invitations it deletes and keeps, in batches, and that it stops when asked to. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expiredInvitationCleanupJob as job } from '../../src/invitations/expired-invitation-cleanup.job.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { jobContext, runJob } from '../support/job-context.ts';

const _DAY = 24 * 60 * 60_000;
let database: TestDatabase;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
});
afterAll(() => database?.drop());
afterEach(() => database.db.query('TRUNCATE auth.family_member_invitations'));

/** Inserts invitations as users do; the e-mail distinguishes them. */
async function invite(email: string, status: string, expiredAgo: string, count = 1): Promise<void> {
  await database.db.query(
    `INSERT INTO auth.family_member_invitations
       (id, family_id, email, role, status, invitation_token, invitation_display_code, invited_by_user_id, expires_at, created_at, updated_at)
     SELECT gen_random_uuid(), $1, $3, 'member', $4::auth.invitation_status, gen_random_uuid()::text, 'ABCD-1234', $2,
            now() - $5::interval, now() - interval '60 days', now() FROM generate_series(1, $6)`,
    [family.familyId, family.ownerId, email, status, expiredAgo, count],
  );
}

const left = async (): Promise<string[]> =>
  (await database.db.prisma.invitation.findMany({ select: { email: true }, orderBy: { email: 'asc' } })).map(
    ({ email }) => email,
  );

describe('the cleanup of expired invitations', () => {
  it('runs at 03:00 UTC', () => {
    expect(job).toMatchObject({ name: 'ExpiredInvitationCleanupJob', cron: '0 3 * * *', timeZone: 'UTC' });
  });

  it('deletes those that expired more than 30 days ago, and no others', async () => {
    await invite('35-days', 'expired', '35 days');
    await invite('30-days-and-a-minute', 'expired', '30 days 1 minute');
    await invite('30-days-less-a-minute', 'expired', '29 days 23 hours 59 minutes');
    await invite('29-days', 'expired', '29 days');
    await invite('accepted', 'accepted', '35 days');
    await invite('canceled', 'canceled', '35 days');
    await invite('pending', 'pending', '35 days');
    expect(await runJob(job, database.db)).toEqual({ deleted: 2 });
    expect(await left()).toEqual(['29-days', '30-days-less-a-minute', 'accepted', 'canceled', 'pending']);
    expect(await runJob(job, database.db)).toEqual({ deleted: 0 });
  });

  it('works through many in batches and tells how far it is', async () => {
    await invite('old', 'expired', '40 days', 2_500);
    await invite('young', 'expired', '1 day', 2);
    const { context, told } = jobContext(database.db);
    expect(await job.run(context)).toEqual({ deleted: 2_500 });
    expect(told.reports).toEqual([{ deleted: 1_000 }, { deleted: 2_000 }, { deleted: 2_500 }]);
    const label = 'Deleting expired invitations';
    expect(told.progress).toEqual([1_000, 2_000, 2_500].map((done) => ({ done, total: 2_500, label })));
    expect(told.lines).toEqual([
      'info: 2,500 expired invitations to be deleted.',
      'info: Batch 1: 1,000 expired invitations deleted.',
      'info: Batch 2: 1,000 expired invitations deleted.',
      'info: Batch 3: 500 expired invitations deleted.',
      'info: Expired invitations deleted',
    ]);
    expect(await left()).toEqual(['young', 'young']);
  });

  it('ends after the batch under way when it is told to stop', async () => {
    await invite('old', 'expired', '40 days', 2_500);
    const stopping = new AbortController();
    const { context } = jobContext(database.db, { signal: stopping.signal, report: () => stopping.abort() });
    expect(await job.run(context)).toEqual({ deleted: 1_000 });
    expect(await left()).toHaveLength(1_500);
    expect(await runJob(job, database.db, { signal: stopping.signal })).toEqual({ deleted: 0 });
  });

  it('says nothing when there is nothing to delete', async () => {
    await invite('young', 'expired', '1 day');
    const { context, told } = jobContext(database.db);
    expect(await job.run(context)).toEqual({ deleted: 0 });
    expect(told).toMatchObject({ lines: [], progress: [] });
  });

  it('by two nodes at once deletes each once', async () => {
    await invite('old', 'expired', '40 days', 3_000);
    const both = await Promise.all([runJob(job, database.db), runJob(job, database.db)]);
    expect(both.reduce((sum, { deleted = 0 }) => sum + deleted, 0)).toBeLessThanOrEqual(3_000);
    const rest = await runJob(job, database.db);
    expect(both.reduce((sum, { deleted = 0 }) => sum + deleted, rest.deleted ?? 0)).toBe(3_000);
    expect(await left()).toEqual([]);
  });

  it('takes no longer where the table was thought empty', async () => {
    await invite('old', 'expired', '40 days', 20_000);
    // The deleted rows still take space, so that the planner trusts the statistics, which count no rows.
    await database.db.query('DELETE FROM auth.family_member_invitations');
    await database.db.query('ANALYZE auth.family_member_invitations');
    await invite('old', 'expired', '40 days', 20_000);
    expect(await runJob(job, database.db)).toEqual({ deleted: 20_000 });
  });

  it('what it runs is cancelled in the database, a second after it was told to stop, and rolled back', async () => {
    await invite('old', 'expired', '40 days', 3);
    await database.db.query(
      `CREATE FUNCTION auth.slow_delete() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN PERFORM pg_sleep(60); RETURN OLD; END $$`,
    );
    await database.db.query(
      `CREATE TRIGGER slow_delete BEFORE DELETE ON auth.family_member_invitations
       FOR EACH ROW EXECUTE FUNCTION auth.slow_delete()`,
    );
    const stopping = new AbortController();
    const running = runJob(job, database.db, { signal: stopping.signal });
    const sleeping = () =>
      database.db.query(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`);
    await expect.poll(sleeping, { timeout: 30_000, interval: 20 }).toHaveLength(1);
    stopping.abort();
    await expect(running).rejects.toMatchObject({ code: '57014' });
    expect(await sleeping()).toEqual([]);
    await database.db.query('DROP TRIGGER slow_delete ON auth.family_member_invitations');
    expect(await left()).toHaveLength(3);
    expect(await runJob(job, database.db)).toEqual({ deleted: 3 });
  });

  it('uses the index of expired invitations', async () => {
    await invite('young', 'expired', '1 day', 5_000);
    await database.db.query('ANALYZE auth.family_member_invitations');
    const plan = await database.db.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT id FROM auth.family_member_invitations
       WHERE status = 'expired' AND expires_at < now() - interval '30 days' ORDER BY expires_at LIMIT 1000`,
    );
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('family_member_invitations_expired_idx');
  });
});
