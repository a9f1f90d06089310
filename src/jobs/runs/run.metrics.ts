/** Counts the fires that this node claimed and the runs that it closed. */
import { FireOutcome, type RunStatus } from '../../database/generated/prisma/enums.ts';
import type { ServerMetrics } from '../../metrics.ts';
import type { Services } from '../../work/context.ts';
import type { RecordedFire } from '../ledger/fires.ts';
import type { EndedRun } from './runs.ts';

/** Starts every series at 0, so that its first event shows as an increase. */
export function beginCounts({ metrics: { jobs: metrics }, jobs }: Pick<Services, 'metrics' | 'jobs'>): void {
  for (const { name: job_name } of jobs) {
    for (const outcome of Object.values(FireOutcome)) metrics.fires.inc(0, { job_name, outcome });
    for (const status of ['succeeded', 'failed', 'interrupted'] as const)
      for (const outcome of ['on_time', 'late', 'caught_up', 'manual'] as const)
        metrics.runs.inc(0, { job_name, status, outcome });
  }
}

export function countFires(metrics: ServerMetrics['jobs'], jobName: string, fires: readonly RecordedFire[]): void {
  for (const { outcome, count, lagSeconds } of fires) {
    metrics.fires.inc(count, { job_name: jobName, outcome });
    if (lagSeconds !== null) metrics.fireLag.observe(Math.max(0, lagSeconds), { job_name: jobName });
  }
}

export function countRun(
  metrics: ServerMetrics['jobs'],
  { jobName, status, outcome, seconds }: EndedRun & { readonly jobName: string; readonly status: RunStatus },
): void {
  metrics.runs.inc(1, { job_name: jobName, status, outcome });
  metrics.runDuration.observe(seconds, { job_name: jobName });
}
