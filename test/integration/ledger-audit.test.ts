/**
 * The ledger as the scheduler's own statements write it over random histories of a schedule: the audit finds it
 * complete, pages list every instant once, and tampering is detected.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import type { FireOutcome } from '../../src/database/generated/prisma/enums.ts';
import { dueInstants } from '../../src/jobs/calendar/due.rules.ts';
import { countFires, readFires } from '../../src/jobs/ledger/fire-pages.ts';
import { claimFires } from '../../src/jobs/ledger/fires.ts';
import { auditLedger } from '../../src/jobs/ledger/ledger-audit.graphql.ts';
import { finishRun } from '../../src/jobs/runs/runs.ts';
import { recordVersions } from '../../src/jobs/schedules/change-schedule.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Step, stories, tell } from '../support/ledger-story.ts';

const nodeId = randomUUID();
const jobName = 'StoryJob';
/** Two days before the switch to daylight saving time in Berlin. */
const BEGIN = new Date('2026-03-27T12:00:00Z');
const DAY = 86_400_000;
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

/** Replays a story with the real statements. Returns what was due by the versions, computed without the audit. */
async function told(steps: readonly Step[]) {
  await db.query('DELETE FROM auth.job_schedules');
  await db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through, version)
     VALUES ($1, '* * * * *', 'UTC', 'run_once', $2, 0)`,
    [jobName, BEGIN],
  );
  let version = 0;
  let resolvedThrough = BEGIN;
  const versions: { cron: string; timeZone: string; after: Date }[] = [];
  const end = await tell(steps, {
    start: BEGIN.getTime(),
    ledger: {
      async claim(resolution) {
        const schedule = { name: jobName, resolvedThrough, version };
        const claim = await claimFires(db, {
          schedule,
          resolution,
          nodeId,
          leaseMs: 60_000,
          toleranceMs: 10_000 * DAY,
        });
        expect(claim?.isClaimed).toBe(true);
        if (claim?.run) await finishRun(db, claim.run, { status: 'succeeded', counts: {}, errorMessage: null });
        resolvedThrough = resolution.through;
      },
      async change(schedule) {
        version++;
        resolvedThrough = schedule.resolvedThrough;
        versions.push({ cron: schedule.cron, timeZone: schedule.timeZone, after: resolvedThrough });
        await db.query(
          `UPDATE auth.job_schedules
              SET cron = $2, time_zone = $3, misfire_policy = $4::auth.misfire_policy, resolved_through = $5,
                  paused_at = $6, paused_until = $7, paused_by = $8, pause_reason = $9, version = version + 1
            WHERE name = $1`,
          [
            jobName,
            schedule.cron,
            schedule.timeZone,
            schedule.misfirePolicy,
            schedule.resolvedThrough,
            schedule.pausedAt,
            schedule.pausedUntil,
            schedule.pausedBy,
            schedule.pauseReason,
          ],
        );
        await recordVersions(db, [jobName], 'ann', null);
      },
    },
  });
  const due = versions.flatMap(({ after, ...recurrence }, index) => {
    const through = versions[index + 1]?.after ?? end.resolvedThrough;
    return through <= after ? [] : [...dueInstants(recurrence, after, through)].map(({ at }) => at);
  });
  return { due, span: { from: BEGIN, to: new Date(end.resolvedThrough.getTime() + 1) } };
}

const audit = (from: Date, to: Date) => auditLedger(db, { jobName, from, to, retentionMs: null });
const clean = { missing: [], missingCount: 0, extra: [], extraCount: 0, miscounted: [], miscountedCount: 0 };

/** Every instant of a span, page by page, as a caller reads it. */
async function listed(span: { from: Date; to: Date }, isNewestFirst: boolean, outcomes: FireOutcome[] | null = null) {
  const found: Date[] = [];
  let { from, to } = span;
  for (;;) {
    const page = await readFires(db, { jobName, from, to, outcomes }, { isNewestFirst, size: 7 });
    found.push(...page.map(({ at }) => at));
    const last = page.at(-1);
    if (last === undefined || page.length < 7) return isNewestFirst ? found.reverse() : found;
    if (isNewestFirst) to = last.at;
    else from = new Date(last.at.getTime() + 1);
  }
}

describe('a random life of a schedule', () => {
  it(
    'leaves a ledger that the audit finds whole, and that pages list instant by instant',
    () =>
      fc.assert(
        fc.asyncProperty(stories(14), fc.double({ min: 0, max: 1, noNaN: true }), async (steps, share) => {
          const { due, span } = await told(steps);
          expect(await audit(span.from, span.to)).toMatchObject({
            dueCount: due.length,
            recordedCount: due.length,
            ...clean,
          });
          const middle = new Date(span.from.getTime() + Math.floor((span.to.getTime() - span.from.getTime()) * share));
          const part = { from: middle, to: new Date(Math.min(middle.getTime() + DAY, span.to.getTime())) };
          const inPart = due.filter((at) => at >= part.from && at < part.to);
          if (part.from < part.to) {
            expect(await audit(part.from, part.to)).toMatchObject({ dueCount: inPart.length, ...clean });
          }
          expect(await listed(span, true)).toEqual(due);
          expect(await listed(span, false)).toEqual(due);
          expect(await listed(part, true)).toEqual(inPart);
          const everything = { ...part, jobName, outcomes: null };
          expect(await countFires(db, everything)).toBe(inPart.length);
          const skipped: FireOutcome[] = ['skipped_paused', 'skipped_overlap', 'skipped_policy'];
          const some = await listed(part, true, skipped);
          expect(await listed(part, false, skipped)).toEqual(some);
          expect(await countFires(db, { ...part, jobName, outcomes: skipped })).toBe(some.length);
        }),
        { numRuns: 40 },
      ),
    120_000,
  );
});

describe('what somebody did to the ledger', () => {
  const quiet: Step[] = [
    { kind: 'run', minutes: 1500 },
    { kind: 'down', minutes: 2880 },
    { kind: 'run', minutes: 1500 },
  ];
  const change = (sql: string) => db.query(sql, [jobName]);

  it.each<[string, string, object]>([
    [
      'a row that is gone',
      `DELETE FROM auth.job_fires WHERE job_name = $1 AND fired_at = (SELECT min(fired_at) FROM auth.job_fires)`,
      { missingCount: 1, missing: [Date.parse('2026-03-28T00:00:00Z')] },
    ],
    [
      'a gap that is gone',
      `DELETE FROM auth.job_fires WHERE job_name = $1 AND count > 1`,
      { missingCount: expect.toSatisfy((count: number) => count > 1) },
    ],
    [
      'a row that was not due',
      `INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version)
       VALUES ($1, '2026-03-28 12:00:00Z', '2026-03-28 12:00:00Z', 'on_time', 1)`,
      { extraCount: 1, extra: [Date.parse('2026-03-28T12:00:00Z')] },
    ],
    [
      'a second row for an instant of a gap',
      `INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version)
       SELECT $1, through_at, through_at, 'on_time', 1 FROM auth.job_fires WHERE count > 1 LIMIT 1`,
      { extraCount: 1, missingCount: 0 },
    ],
    [
      'a gap with a wrong count',
      `UPDATE auth.job_fires SET count = count + 3
        WHERE job_name = $1 AND id = (SELECT id FROM auth.job_fires WHERE count > 1 ORDER BY count DESC LIMIT 1)`,
      { miscountedCount: 1, missingCount: 0, extraCount: 0 },
    ],
  ])('%s is found', async (_what, sql, expected) => {
    const { due, span } = await told(quiet);
    await change(sql);
    const report = await audit(span.from, span.to);
    expect(report).toMatchObject({ dueCount: due.length, ...expected });
    expect(report.recordedCount).toBe(due.length - report.missingCount + report.extraCount);
  });

  it('says what of the span could not be checked', async () => {
    const { due, span } = await told(quiet);
    const wide = await audit(new Date(span.from.getTime() - DAY), new Date(span.to.getTime() + DAY));
    expect(wide).toMatchObject({ dueCount: due.length, ...clean, checkedTo: span.to });
    expect(wide.checkedFrom).toEqual(new Date(BEGIN.getTime() + 1));
    expect(wide.notes).toEqual([
      'Instants up to 2026-03-27T12:00:00.000Z were not checked: the schedule is on record only after that.',
      expect.stringMatching(/^Instants after .* they are not resolved yet\.$/),
    ]);
    const nothing = await audit(new Date(span.to.getTime() + DAY), new Date(span.to.getTime() + 2 * DAY));
    expect(nothing).toMatchObject({ dueCount: 0, recordedCount: 0, checkedFrom: null, checkedTo: null });
    expect(nothing.notes).toEqual([
      'Nothing of this span was checked.',
      expect.stringMatching(/^Instants after .* they are not resolved yet\.$/),
    ]);
    const early = await audit(new Date(BEGIN.getTime() - 3 * DAY), new Date(BEGIN.getTime() - DAY));
    expect(early).toMatchObject({ dueCount: 0, checkedFrom: null, checkedTo: null });
    expect(early.notes).toEqual([
      'Nothing of this span was checked.',
      'Instants up to 2026-03-27T12:00:00.000Z were not checked: the schedule is on record only after that.',
    ]);
    const kept = await auditLedger(db, { jobName, ...span, retentionMs: 3_600_000 });
    expect(kept).toMatchObject({
      checkedFrom: null,
      notes: ['Nothing of this span was checked.', expect.stringContaining('not kept for longer')],
    });
    await db.query('DELETE FROM auth.job_schedule_versions WHERE job_name = $1', [jobName]);
    expect((await audit(span.from, span.to)).notes).toEqual([
      'Nothing of this span was checked.',
      expect.stringMatching(/^No version of the schedule is on record/),
    ]);
  });

  it('refuses what it cannot do', async () => {
    await expect(audit(BEGIN, BEGIN)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(audit(BEGIN, new Date(BEGIN.getTime() + 401 * DAY))).rejects.toThrow('at most 400 days');
    await expect(audit(BEGIN, new Date(BEGIN.getTime() + DAY))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await told(quiet);
    await db.query(`UPDATE auth.job_schedules SET resolved_through = '2026-08-01Z'`);
    await db.query(`UPDATE auth.job_schedule_versions SET cron = '* * * * * *'`);
    await expect(audit(BEGIN, new Date('2026-06-01Z'))).rejects.toThrow('At most 3,000,000 are checked at once');
  });
});
