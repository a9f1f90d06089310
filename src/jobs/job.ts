/**
 * The type that every recurring job implements. A job does its work once and returns counts;
 * when it runs, on which node, and what happens to missed fires is the scheduler's business.
 * Adding a job: one file with a constant of this type, one line in app.ts.
 */
import type { MisfirePolicy } from '../database/generated/prisma/enums.ts';
import type { Context } from '../work/context.ts';

/** What a run did, by name: `{deleted: 12}`. Shown in the API as `JobRun.counts`. */
export type RunCounts = Readonly<Record<string, number>>;

/** What belongs to a line beside its words: figures and names, never personal data. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | null | readonly string[] | Readonly<Record<string, number>>>
>;

/**
 * What a run has to say, in whole sentences for people: to the server's log, with the job's name and
 * the run's id in every line, and to the run's own record (`JobRun.logLines`). It never throws.
 */
export interface RunLog {
  /** For the server's log alone, at its debug level. */
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** How far a run is. */
export interface RunProgress {
  readonly done: number;
  /** Of how many; null when nobody knows. */
  readonly total: number | null;
  /** What is being done: `Deleting expired invitations`. */
  readonly label: string;
}

/** What a run works with: the server's services, in the job's own name, and what it reports through. */
export interface JobContext extends Context {
  /** A run that had nothing to do says nothing. */
  readonly log: RunLog;
  /**
   * Aborts when somebody interrupts the run, or when most of a stopping server's time is over; a job
   * that does not end soon after is left to itself, its run closed.
   */
  readonly signal: AbortSignal;
  /** Publishes counts while the run goes on. */
  report(counts: RunCounts): void;
  /** Tells how far it is; several in a second become one. Shown in the API as `JobRun.progress`. */
  progress(progress: RunProgress): void;
}

export interface Job {
  /** For example `ExpiredInvitationCleanupJob`: the key everywhere. */
  readonly name: string;
  /** One sentence for people. */
  readonly description: string;
  /** The default schedule: 5 fields, or 6 with seconds. */
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly misfirePolicy: MisfirePolicy;
  /** True for a job that waits for work which a stopping server no longer begins: it is asked to end at once. */
  readonly endsWhenStopping?: boolean;
  /** Does the work once. Throwing closes the run as failed. */
  run(context: JobContext): Promise<RunCounts>;
}
