/**
 * A downtime, first simulated and then real: on its return the scheduler does what the simulation predicted, for
 * each policy. The cleanup was due ten minutes after the server stopped, which returns 70 minutes later. (The clock
 * is the database's, so the data is backdated.)
 */
import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import type { MisfirePolicy } from '../../src/database/generated/prisma/enums.ts';
import { expiredInvitationCleanupJob } from '../../src/invitations/expired-invitation-cleanup.job.ts';
import { auditLedger } from '../../src/jobs/ledger/ledger-audit.graphql.ts';
import { simulateDowntimeOf } from '../../src/jobs/preview/schedule-preview.ts';
import { createScheduler } from '../../src/jobs/scheduler.ts';
import { testContext } from '../support/context.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const nodeId = randomUUID();
const MINUTE = 60_000;
const jobName = 'ExpiredInvitationCleanupJob';
let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  await db.query(
    `INSERT INTO auth.server_nodes (id, name, version, host_name, process_id) VALUES ($1, 'node-1', '0.0.0', 'here', 1)`,
    [nodeId],
  );
});
afterAll(() => database?.drop());
beforeEach(() => db.query('DELETE FROM auth.job_schedules'));

/** Starts the scheduler, which resolves the missed fires, waits for its runs and stops it again. */
async function comeBack(): Promise<void> {
  const scheduler = createScheduler(testContext({ db, jobs: [expiredInvitationCleanupJob], nodeId }));
  await scheduler.start();
  for (const deadline = performance.now() + 10_000; scheduler.runsInHand() > 0; await setImmediate()) {
    if (performance.now() > deadline) throw new Error('The run did not end.');
  }
  await scheduler.stop({ timeoutMs: 10_000 });
}

describe.each<[MisfirePolicy, string, string[]]>([
  ['run_once', 'caught_up', ['catch_up succeeded']],
  ['skip', 'skipped_policy', []],
  ['run_all', 'caught_up', ['catch_up succeeded']],
])('down while the cleanup is due, under %s', (misfirePolicy, outcome, runs) => {
  it(`it becomes ${outcome}, as was foretold`, async () => {
    const [clock] = await db.query<{ now: Date }>('SELECT now()');
    const now = Math.floor((clock?.now.getTime() ?? 0) / MINUTE) * MINUTE;
    const due = new Date(now - 70 * MINUTE);
    const from = new Date(due.getTime() - 10 * MINUTE);
    await db.query(
      `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, is_overridden, resolved_through)
       VALUES ($1, $2, 'UTC', $3::auth.misfire_policy, true, $4)`,
      [jobName, `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`, misfirePolicy, from],
    );
    await db.query(
      `INSERT INTO auth.job_schedule_versions (job_name, version, in_force_after, cron, time_zone, misfire_policy, is_overridden)
       SELECT name, version, resolved_through, cron, time_zone, misfire_policy, true FROM auth.job_schedules`,
    );
    const foretold = await simulateDowntimeOf(
      db,
      { jobName, from, to: new Date(now) },
      { toleranceMs: 5000, windowMs: 24 * 60 * MINUTE },
    );
    const simulation = foretold.find((one) => one.isInForce);
    expect(simulation).toMatchObject({ misfirePolicy, fires: [{ at: due, row: { outcome } }] });

    await comeBack();
    const fires = await db.query<{ at: Date; outcome: string; reason: string | null }>(
      'SELECT fired_at AS at, outcome, reason FROM auth.job_fires ORDER BY fired_at',
    );
    expect(fires).toEqual(simulation?.fires.map(({ at, row }) => ({ at, outcome: row.outcome, reason: row.reason })));
    const begun = await db.query<{ what: string }>(`SELECT trigger || ' ' || status AS what FROM auth.job_runs`);
    expect(begun.map(({ what }) => what)).toEqual(runs);
    const audit = await auditLedger(db, { jobName, from, to: new Date(now), retentionMs: null });
    expect(audit).toMatchObject({ dueCount: 1, recordedCount: 1, missingCount: 0, extraCount: 0 });
  });
});
