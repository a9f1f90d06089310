/** What a job is given by the scheduler, for tests that run one by itself. */
import { systemClock } from '../../src/clock.ts';
import type { Database } from '../../src/database/database.ts';
import type { JobContext, LogFields, RunCounts, RunProgress } from '../../src/jobs/job.ts';

export interface Told {
  /** `info: 3 entries due.`, without what is for the server's log alone. */
  readonly lines: string[];
  readonly fields: (LogFields | undefined)[];
  readonly reports: RunCounts[];
  readonly progress: RunProgress[];
}

/** A context, and what the job tells through it. */
export function jobContext(db: Database, overrides: Partial<JobContext> = {}): { context: JobContext; told: Told } {
  const told: Told = { lines: [], fields: [], reports: [], progress: [] };
  const say = (level: string) => (message: string, fields?: LogFields) => {
    told.lines.push(`${level}: ${message}`);
    told.fields.push(fields);
  };
  const context: JobContext = {
    db,
    clock: systemClock,
    log: { debug: () => undefined, info: say('info'), warn: say('warn'), error: say('error') },
    signal: new AbortController().signal,
    report: (counts) => told.reports.push(counts),
    progress: (progress) => told.progress.push(progress),
    ...overrides,
  };
  return { context, told };
}
