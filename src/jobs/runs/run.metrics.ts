/** The runs' metrics. Labels: one job name per job that this server knows, 4 statuses, 8 outcomes. */
import type { Queryable } from '../../database/database.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

interface EndedRun {
  readonly jobName: string;
  readonly status: string;
  readonly outcome: string;
  readonly seconds: number;
}

/** Declares them; a run is counted by the node that ended it. */
export function createRunMetrics(metrics: Metrics, db: Queryable): { changed(runId: string): void } {
  const runs = metrics.counter(
    'family_hub_job_runs_total',
    'Runs that ended, by job, status and fire outcome (manual: run by hand).',
    ['job', 'status', 'outcome'],
  );
  const seconds = metrics.histogram(
    'family_hub_job_run_duration_seconds',
    'Duration of runs by job.',
    [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600, 3600],
    ['job'],
  );
  const counted = new Set<string>();
  return {
    changed(runId) {
      if (counted.has(runId)) return;
      void loadEnded(db, runId).then(
        (run) => {
          if (run === undefined || counted.has(runId)) return;
          // A run ends once; the newest ones are remembered, since progress is told in the same way.
          counted.add(runId);
          for (const oldest of counted) {
            if (counted.size <= 1_000) break;
            counted.delete(oldest);
          }
          runs.inc({ job: run.jobName, status: run.status, outcome: run.outcome });
          seconds.observe({ job: run.jobName }, run.seconds);
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
