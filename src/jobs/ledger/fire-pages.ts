/**
 * Queries on the fire ledger: a page of instants, and their total. One statement each, whatever the number of
 * rows; gaps are expanded afterwards (fire-page.rules.ts).
 */
import type { Queryable } from '../../database/database.ts';
import type { FireOutcome } from '../../database/generated/prisma/enums.ts';
import { loadJobNames, unknownJob } from '../runs/known-job.ts';
import { countInSpan, type FireInstant, type FireSpan, instantsOf, type LedgerGap } from './fire-page.rules.ts';

export interface LedgerFire extends LedgerGap {
  readonly id: string;
  readonly jobName: string;
  readonly outcome: FireOutcome;
  readonly reason: string | null;
  readonly actor: string | null;
  readonly nodeId: string | null;
  readonly scheduleVersion: number;
  readonly startedAt: Date | null;
  /** The fire's newest run. */
  readonly runId: string | null;
}

export interface FireQuery extends FireSpan {
  readonly jobName: string;
  /** Null: all. */
  readonly outcomes: readonly FireOutcome[] | null;
}

/** Either end of the span can clip a gap so that none of its instants remain. */
const SPARE_ROWS = 2;

/** Reads `size` instants, newest or oldest first. Throws NotFoundError. */
export async function readFires(
  db: Queryable,
  { jobName, from, to, outcomes }: FireQuery,
  { isNewestFirst, size }: { isNewestFirst: boolean; size: number },
): Promise<FireInstant<LedgerFire>[]> {
  const rows = await db.query<{ [K in keyof LedgerFire]: LedgerFire[K] | null }>(
    isNewestFirst ? NEWEST_FIRST : OLDEST_FIRST,
    [jobName, from, to, outcomes, size + SPARE_ROWS],
  );
  if (rows.length === 0) throw unknownJob(jobName, await loadJobNames(db));
  const fires = rows.filter((row): row is LedgerFire => row.id !== null);
  return instantsOf(fires, { from, to }, { isNewestFirst, size });
}

/** Counts the instants in the span; a row that an end of the span clips counts as far as it lies within it. */
export async function countFires(db: Queryable, { jobName, from, to, outcomes }: FireQuery): Promise<number> {
  type Cut = { [K in keyof LedgerGap]: LedgerGap[K] extends Date ? string : LedgerGap[K] };
  const [row] = await db.query<{ inside: number; cut: Cut[] | null }>(
    `WITH cut AS (
       SELECT DISTINCT ON (fire.id) fire.*
         FROM (VALUES ($2::timestamptz), ($3)) AS span_end (at)
        CROSS JOIN LATERAL (
          SELECT * FROM auth.job_fires
           WHERE job_name = $1 AND fired_at < span_end.at ORDER BY fired_at DESC LIMIT 1
        ) AS fire
        WHERE fire.through_at >= $2 AND (fire.fired_at < $2 OR fire.through_at >= $3)
          AND ($4::auth.fire_outcome[] IS NULL OR fire.outcome = ANY ($4))
     )
     SELECT (SELECT COALESCE(sum(count), 0)::float8
               FROM auth.job_fires
              WHERE job_name = $1 AND fired_at >= $2 AND fired_at < $3 AND through_at < $3
                AND ($4::auth.fire_outcome[] IS NULL OR outcome = ANY ($4))) AS inside,
            (SELECT json_agg(json_build_object('firedAt', cut.fired_at, 'throughAt', cut.through_at, 'count', cut.count,
                                               'cron', COALESCE(version.cron, schedule.cron),
                                               'timeZone', COALESCE(version.time_zone, schedule.time_zone)))
               FROM cut
               JOIN auth.job_schedules AS schedule ON schedule.name = cut.job_name
               LEFT JOIN auth.job_schedule_versions AS version
                      ON version.job_name = cut.job_name AND version.version = cut.schedule_version) AS cut`,
    [jobName, from, to, outcomes],
  );
  const cut = (row?.cut ?? []).map((gap) => ({
    ...gap,
    firedAt: new Date(gap.firedAt),
    throughAt: new Date(gap.throughAt),
  }));
  return cut.reduce((sum, gap) => sum + countInSpan(gap, { from, to }), row?.inside ?? 0);
}

/**
 * Reads each outcome separately along job_fires_job_name_outcome_idx, so that a rare one is found at once; then
 * takes the first of all. The newest row that begins before the span may reach into it.
 */
const inOrder = (direction: 'ASC' | 'DESC'): string => `
  SELECT fire.id, schedule.name AS "jobName", fire.fired_at AS "firedAt", fire.through_at AS "throughAt", fire.count,
         fire.outcome, fire.reason, fire.actor, fire.node_id AS "nodeId", fire.schedule_version AS "scheduleVersion",
         fire.started_at AS "startedAt", COALESCE(version.cron, schedule.cron) AS cron,
         COALESCE(version.time_zone, schedule.time_zone) AS "timeZone", run.id AS "runId"
    FROM auth.job_schedules AS schedule
    LEFT JOIN LATERAL (
      SELECT one.*
        FROM unnest(COALESCE($4::auth.fire_outcome[], enum_range(NULL::auth.fire_outcome))) AS wanted (outcome)
       CROSS JOIN LATERAL (
         SELECT * FROM auth.job_fires
          WHERE job_name = schedule.name AND outcome = wanted.outcome AND fired_at < $3 AND through_at >= $2
            AND fired_at >= COALESCE(
                  (SELECT max(fired_at) FROM auth.job_fires WHERE job_name = $1 AND fired_at <= $2), $2)
          ORDER BY fired_at ${direction}
          LIMIT $5
       ) AS one
       ORDER BY one.fired_at ${direction}
       LIMIT $5
    ) AS fire ON true
    LEFT JOIN auth.job_schedule_versions AS version
           ON version.job_name = schedule.name AND version.version = fire.schedule_version
    LEFT JOIN LATERAL (
      SELECT id FROM auth.job_runs WHERE fire_id = fire.id ORDER BY started_at DESC, id DESC LIMIT 1
    ) AS run ON true
   WHERE schedule.name = $1
   ORDER BY fire.fired_at ${direction}`;

const NEWEST_FIRST = inOrder('DESC');
const OLDEST_FIRST = inOrder('ASC');
