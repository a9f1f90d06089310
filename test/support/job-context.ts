/** The context that the scheduler passes to a job, for tests that run a job alone. */
import type { Config } from '../../src/config/config.ts';
import type { Database } from '../../src/database/database.ts';
import type { Job, JobContext, LogFields, RunCounts, RunProgress } from '../../src/jobs/job.ts';
import { testContext } from './context.ts';

export interface Told {
  /** For example `info: 3 entries due.`, without the fields that go only to the server's log. */
  readonly lines: string[];
  readonly fields: (LogFields | undefined)[];
  readonly reports: RunCounts[];
  readonly progress: RunProgress[];
}

type Overrides = Partial<Omit<JobContext, 'db' | 'config'>> & { readonly config?: Partial<Config> };

/** A job context, and everything that the job logs and reports through it. */
export function jobContext(db: Database, overrides: Overrides = {}): { context: JobContext; told: Told } {
  const told: Told = { lines: [], fields: [], reports: [], progress: [] };
  const say = (level: string) => (message: string, fields?: LogFields) => {
    told.lines.push(`${level}: ${message}`);
    told.fields.push(fields);
  };
  const context: JobContext = {
    log: { debug: () => undefined, info: say('info'), warn: say('warn'), error: say('error') },
    signal: new AbortController().signal,
    report: (counts) => told.reports.push(counts),
    progress: (progress) => told.progress.push(progress),
    ...overrides,
    ...testContext({ db, ...overrides }),
  };
  return { context, told };
}

/** Runs a job as the scheduler would and returns its counts. */
export const runJob = (job: Job, db: Database, overrides: Overrides = {}): Promise<RunCounts> =>
  job.run(jobContext(db, overrides).context);
