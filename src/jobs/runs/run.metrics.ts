/** Counts the fires that this node claimed, and the runs that it ended. */
import type { Queryable } from '../../database/database.ts';
import { FireOutcome, type RunStatus } from '../../database/generated/prisma/enums.ts';
import type { ServerMetrics } from '../../metrics.ts';
import type { Job } from '../job.ts';
import type { RecordedFire } from '../ledger/fires.ts';

interface EndedRun {
  readonly jobName: string;
  readonly status: RunStatus;
  readonly outcome: FireOutcome | 'manual';
  readonly seconds: number;
}

export interface RunMetrics {
  fired(jobName: string, fires: readonly RecordedFire[]): void;
  /** To be told of the end of each run, once. */
  ended(runId: string): void;
}

/** What has not happened yet begins at 0, so that the first time is seen as an increase. */
function begin(metrics: ServerMetrics['jobs'], jobs: readonly Job[]): void {
  for (const { name: job_name } of jobs) {
    for (const outcome of Object.values(FireOutcome)) metrics.fires.inc(0, { job_name, outcome });
    for (const status of ['succeeded', 'failed', 'interrupted'] as const)
      for (const outcome of ['on_time', 'late', 'caught_up', 'manual'] as const)
        metrics.runs.inc(0, { job_name, status, outcome });
  }
}

export function createRunMetrics(metrics: ServerMetrics['jobs'], db: Queryable, jobs: readonly Job[]): RunMetrics {
  begin(metrics, jobs);
  return {
    fired(jobName, fires) {
      for (const { outcome, count, lagSeconds } of fires) {
        metrics.fires.inc(count, { job_name: jobName, outcome });
        if (lagSeconds !== null) metrics.fireLag.observe(Math.max(0, lagSeconds), { job_name: jobName });
      }
    },
    ended(runId) {
      void loadEnded(db, runId).then(
        (run) => {
          if (run === undefined) return;
          metrics.runs.inc(1, { job_name: run.jobName, status: run.status, outcome: run.outcome });
          metrics.runDuration.observe(run.seconds, { job_name: run.jobName });
        },
        () => undefined,
      );
    },
  };
}

async function loadEnded(db: Queryable, runId: string): Promise<EndedRun | undefined> {
  const [run] = await db.query<EndedRun>(
    `SELECT run.job_name AS "jobName", run.status, coalesce(fire.outcome::text, 'manual') AS outcome,
            extract(epoch FROM run.finished_at - run.started_at)::float8 AS seconds
     FROM auth.job_runs AS run LEFT JOIN auth.job_fires AS fire ON fire.id = run.fire_id
     WHERE run.id = $1 AND run.finished_at IS NOT NULL`,
    [runId],
  );
  return run;
}
