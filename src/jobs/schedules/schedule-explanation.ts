/** Explanations of schedules from the database: one statement for all that are requested at the same moment. */
import { isHeard, nodeSilenceMs } from '../../config/node-silence.ts';
import { type Batcher, createBatcher } from '../../database/batcher.ts';
import type { FireOutcome, RunStatus } from '../../database/generated/prisma/enums.ts';
import type { Services } from '../../work/context.ts';
import { type ExplainedSchedule, explainSchedule, type ScheduleExplanation } from './schedule-explanation.rules.ts';

interface Row extends ExplainedSchedule {
  readonly now: Date;
  readonly liveNodeCount: number;
  readonly fireAt: Date | null;
  readonly outcome: FireOutcome;
  readonly fireReason: string | null;
  readonly actor: string | null;
  readonly isStarted: boolean;
  readonly status: RunStatus | null;
  readonly errorMessage: string | null;
  readonly runId: string | null;
  readonly startedAt: Date;
  readonly nodeName: string | null;
  readonly silentSince: Date | null;
  readonly leaseEndsAt: Date;
  readonly interruptedBy: string | null;
}

/** Explains the schedule of each name; null where there is none. Names that are added together share a statement. */
export function createScheduleExplanations({
  reading,
  jobs,
  config,
}: Pick<Services, 'reading' | 'jobs' | 'config'>): Batcher<string, ScheduleExplanation | null> {
  const known = new Set(jobs.map(({ name }) => name));
  return createBatcher<string, ScheduleExplanation | null>({
    largest: 1_000,
    lanes: 4,
    async flush(names) {
      const rows = await reading.query<Row>(CONDITIONS, [names, nodeSilenceMs(config)]);
      const found = new Map(rows.map((row) => [row.name, explainRow(row, known.has(row.name))]));
      return names.map((name) => found.get(name) ?? null);
    },
  });
}

function explainRow(row: Row, isKnown: boolean): ScheduleExplanation {
  const { now, liveNodeCount, fireAt, outcome, fireReason: reason, actor, isStarted } = row;
  const { status, errorMessage, runId, startedAt, nodeName, silentSince, leaseEndsAt, interruptedBy } = row;
  const result = status === null ? null : { status, errorMessage };
  return explainSchedule(row, {
    now,
    liveNodeCount,
    isKnown,
    lastFire: fireAt === null ? null : { at: fireAt, outcome, reason, actor, isStarted, run: result },
    run: runId === null ? null : { runId, startedAt, nodeName, silentSince, leaseEndsAt, interruptedBy },
  });
}

const CONDITIONS = `
  SELECT now() AS now, schedule.name, schedule.cron, schedule.time_zone AS "timeZone",
         schedule.misfire_policy AS "misfirePolicy", schedule.resolved_through AS "resolvedThrough",
         schedule.paused_at AS "pausedAt", schedule.paused_until AS "pausedUntil",
         schedule.paused_by AS "pausedBy", schedule.pause_reason AS "pauseReason",
         fire.through_at AS "fireAt", fire.outcome, fire.reason AS "fireReason", fire.actor,
         fire.started_at IS NOT NULL AS "isStarted", result.status, result.error_message AS "errorMessage",
         run.id AS "runId", run.started_at AS "startedAt", node.name AS "nodeName",
         run.interrupted_by AS "interruptedBy", coalesce(run.lease_expires_at, now()) AS "leaseEndsAt",
         CASE WHEN node.state = 'gone' OR node.last_beat_at < now() - $2 * interval '1 millisecond'
              THEN node.last_beat_at END AS "silentSince",
         (SELECT count(*)::int FROM auth.server_nodes
           WHERE state = 'running' AND ${isHeard('$2')}) AS "liveNodeCount"
    FROM auth.job_schedules AS schedule
    LEFT JOIN LATERAL (
      SELECT id, through_at, outcome, reason, actor, started_at FROM auth.job_fires
       WHERE job_name = schedule.name ORDER BY fired_at DESC LIMIT 1) AS fire ON true
    LEFT JOIN LATERAL (
      SELECT status, error_message FROM auth.job_runs
       WHERE fire_id = fire.id ORDER BY started_at DESC LIMIT 1) AS result ON true
    LEFT JOIN auth.job_runs AS run ON run.job_name = schedule.name AND run.status = 'running'
    LEFT JOIN auth.server_nodes AS node ON node.id = run.node_id
   WHERE schedule.name = ANY ($1)`;
