/** The refusals of the jobs' operations. */
import { Refusal } from '../refusals.ts';

/** A job never overlaps itself, on any node. */
export class JobAlreadyRunningError extends Refusal {
  readonly code = 'JOB_ALREADY_RUNNING';
  readonly jobName: string;
  /** The run in progress; null when it ended just before it was read. */
  readonly runId: string | null;

  constructor(jobName: string, running: { runId: string; startedAt: Date; nodeName: string | null } | null) {
    const which =
      running === null
        ? 'had a run going on that has just ended'
        : `is running since ${running.startedAt.toISOString()} on ${running.nodeName ?? 'a node that is not known'}, ` +
          `as run ${running.runId}`;
    super(`${jobName} ${which}. Wait for it to end, then ask again.`);
    this.jobName = jobName;
    this.runId = running?.runId ?? null;
  }
}
