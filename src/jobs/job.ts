/**
 * The type that every recurring job implements. A job does its work once and returns counts; the scheduler
 * decides when it runs, on which node, and what happens to missed fires. To add a job: one file with a
 * constant of this type, one line in app.ts.
 */
import type { MisfirePolicy } from '../database/generated/prisma/enums.ts';
import type { Context } from '../work/context.ts';

/** What a run did, by kind: `{deleted: 12}`. Shown in the API as `JobRun.counts`. */
export type RunCounts = Readonly<Record<string, number>>;

/** The structured fields of a log line: numbers and names, never personal data. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | null | readonly string[] | Readonly<Record<string, number>>>
>;

/**
 * The log of a run, in whole sentences for people. Each line goes to the server's log, with the job's name and the
 * run's id, and is stored with the run (`JobRun.logLines`). Never throws.
 */
export interface RunLog {
  /** Goes only to the server's log, at debug level. */
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** How far a run has got. */
export interface RunProgress {
  readonly done: number;
  /** The number of items to process; null when it is unknown. */
  readonly total: number | null;
  /** What is being done: `Deleting expired invitations`. */
  readonly label: string;
}

/** What a run works with: the server's services, with the job as the caller, and the ways to report. */
export interface JobContext extends Context {
  /** A run that has nothing to do logs nothing. */
  readonly log: RunLog;
  /**
   * Aborts when an operator interrupts the run, or when most of a stopping server's time has passed. A job that does
   * not end soon after is abandoned and its run is closed.
   */
  readonly signal: AbortSignal;
  /** Publishes counts while the run is in progress. */
  report(counts: RunCounts): void;
  /** Publishes the progress; several calls within a second become one write. Shown in the API as `JobRun.progress`. */
  progress(progress: RunProgress): void;
}

export interface Job {
  /** The job's key everywhere, for example `ExpiredInvitationCleanupJob`. */
  readonly name: string;
  /** One sentence for people. */
  readonly description: string;
  /** The default schedule: 5 fields, or 6 with seconds. */
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly misfirePolicy: MisfirePolicy;
  /** True for a job that waits for work which a stopping server no longer starts: it is aborted at once on a stop. */
  readonly endsWhenStopping?: boolean;
  /** Does the work once. When it throws, the run is closed as failed. */
  run(context: JobContext): Promise<RunCounts>;
}
