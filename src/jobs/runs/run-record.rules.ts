/** The stored log lines of a run: their wording and length, without secrets. */
import type { RunLogLevel, RunTrigger } from '../../database/generated/prisma/enums.ts';
import type { LogFields, RunCounts } from '../job.ts';

/** The most lines that are kept of each run; the last then says how many more there were. */
export const MOST_LINES = 500;
/** The most lines of the job: the rest is for the runner, so that the end is always logged. */
export const MOST_LINES_OF_JOB = MOST_LINES - 10;
const LONGEST_MESSAGE = 1_000;
const LONGEST_FIELDS = 4_000;

export interface RunLine {
  readonly level: RunLogLevel;
  readonly message: string;
  readonly fields?: LogFields | undefined;
}

/** A line as it is stored. `redact` removes secrets from a line of JSON, as for the server's log. */
export function keptLine({ level, message, fields }: RunLine, redact: (line: string) => string): RunLine {
  const clean = JSON.parse(redact(JSON.stringify({ message, fields }))) as Pick<RunLine, 'message' | 'fields'>;
  const isLong = clean.message.length > LONGEST_MESSAGE;
  const isLarge = JSON.stringify(clean.fields ?? null).length > LONGEST_FIELDS;
  return {
    level,
    message: isLong ? `${clean.message.slice(0, LONGEST_MESSAGE - 1)}…` : clean.message,
    fields: isLarge ? { isPruned: true } : clean.fields,
  };
}

export interface Beginning {
  readonly trigger: RunTrigger;
  readonly scheduledFor: Date | null;
  readonly actor: string | null;
}

/** The line that says what started the run. */
export function beginningLine({ trigger, scheduledFor, actor }: Beginning): RunLine {
  const due = scheduledFor?.toISOString() ?? 'an unknown time';
  const message = {
    schedule: `Started by its schedule: due at ${due}.`,
    catch_up: `Started to catch up on the fire of ${due}.`,
    manual: `Started by hand by ${actor ?? 'an unknown caller'}.`,
  }[trigger];
  return { level: 'info', message };
}

export interface Ending {
  readonly status: 'succeeded' | 'failed' | 'interrupted';
  readonly counts: RunCounts;
  readonly errorMessage: string | null;
}

/** The line that says how the run ended, with its nonzero counts; the run itself has its duration. */
export function endingLine({ status, counts, errorMessage }: Ending): RunLine {
  const found = Object.entries(counts).filter(([, count]) => count !== 0);
  const fields = found.length > 0 ? { counts: Object.fromEntries(found) } : undefined;
  switch (status) {
    case 'succeeded':
      return { level: 'info', message: 'Succeeded.', fields };
    case 'failed':
      return { level: 'error', message: `Failed: ${errorMessage ?? 'it did not say why'}`, fields };
    case 'interrupted':
      return { level: 'warn', message: `Ended early. ${errorMessage ?? ''}`.trim(), fields };
  }
}

/** The last line, when some were not kept. */
export const leftOutLine = (count: number): RunLine => ({
  level: 'warn',
  message: `${count.toLocaleString('en-US')} more ${count === 1 ? 'line was' : 'lines were'} not kept; the server’s log has them.`,
  fields: { leftOutCount: count },
});
