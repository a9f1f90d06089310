/**
 * The stored log of a run: the job's lines and the runner's own. Lines are collected and written at most
 * once a second, and before the run is closed, in a separate statement each time: a bad line affects
 * neither the lease nor the result of the run.
 */

import { jsonText } from '../../access/audit/proof.rules.ts';
import type { Queryable } from '../../database/database.ts';
import type { RunLogLevel } from '../../database/generated/prisma/enums.ts';
import { isUnavailable } from '../../database/unavailable.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { within } from '../../within.ts';
import type { Services } from '../../work/context.ts';
import { announce } from '../../work/unit.ts';
import type { LogFields, RunLog } from '../job.ts';
import { keptLine, leftOutLine, MOST_LINES_OF_JOB, type RunLine } from './run-record.rules.ts';

export interface RunRecordOptions {
  readonly runId: string;
  /** Receives the job's lines as well. */
  readonly logger: Logger;
  /** Removes secrets from a line of JSON. */
  redact(line: string): string;
}

export interface RunRecord {
  /** For the job. */
  readonly log: RunLog;
  /** Adds the first line; it is written with the next line, or within a second when `isAwaited`. */
  begin(line: RunLine, isAwaited: boolean): void;
  /** Adds a line of the runner, which does not go to the server's log. */
  note(line: RunLine): void;
  /**
   * Writes all pending lines and ends the record: later lines go only to the server's log. When
   * the first line is the only one and `isQuiet`, writes nothing at all. Never rejects, and gives
   * up on a database that does not respond soon.
   */
  end(line: RunLine, isQuiet: boolean): Promise<void>;
  /** Call it after `end`: writes what the database did not accept before. Never rejects. */
  flush(): Promise<void>;
}

interface Waiting extends RunLine {
  /** Monotonic; the stored timestamp is the database's. */
  readonly saidAt: number;
}

const WRITE_INTERVAL_MS = 1_000;
/** The longest time that a run's end waits for its lines. */
const PATIENCE_MS = 2_000;

export function createRunRecord(
  { db, notices }: Pick<Services, 'db' | 'notices'>,
  { runId, logger, redact }: RunRecordOptions,
): RunRecord {
  const waiting: Waiting[] = [];
  let linesOfJob = 0;
  let isSaid = false;
  let isEnded = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const add = (line: RunLine) => {
    if (isEnded) return;
    try {
      waiting.push({ ...keptLine(line, redact), saidAt: performance.now() });
    } catch (error) {
      logger.debug({ err: error }, 'A line of a run could not be kept');
    }
  };
  const writeSoon = () => {
    if (isEnded) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void flush();
    }, WRITE_INTERVAL_MS);
  };
  const write = async () => {
    const batch = waiting.splice(0);
    if (batch.length === 0) return;
    try {
      await insertLines(db, runId, batch);
      announce({ notices }, 'runReported');
    } catch (error) {
      // Retry only lines that never reached the database; it would refuse any others again.
      if (isUnavailable(error)) {
        waiting.unshift(...batch);
        writeSoon();
      }
      db.outage.warn(error, 'Lines of a run could not be written');
    }
  };
  const flush = () => {
    writing = writing.then(write);
    return writing;
  };
  const ofJob = (level: RunLogLevel) => (message: string, fields?: LogFields) => {
    logger[level](fields ?? {}, message);
    isSaid = true;
    linesOfJob++;
    if (linesOfJob > MOST_LINES_OF_JOB) return;
    add({ level, message, fields });
    writeSoon();
  };

  return {
    log: {
      debug: (message, fields) => logger.debug(fields ?? {}, message),
      info: ofJob('info'),
      warn: ofJob('warn'),
      error: ofJob('error'),
    },
    begin(line, isAwaited) {
      add(line);
      if (isAwaited) writeSoon();
    },
    note(line) {
      isSaid = true;
      add(line);
      writeSoon();
    },
    async end(line, isQuiet) {
      if (isEnded) return;
      if (isQuiet && !isSaid) waiting.length = 0;
      else add(line);
      if (linesOfJob > MOST_LINES_OF_JOB) add(leftOutLine(linesOfJob - MOST_LINES_OF_JOB));
      isEnded = true;
      clearTimeout(timer);
      if (waiting.length > 0) await within(PATIENCE_MS, flush());
    },
    async flush() {
      if (waiting.length > 0) await within(PATIENCE_MS, flush());
    },
  };
}

/** The sequence is drawn after sorting, so that it keeps the lines' order. Inserts nothing for a deleted run. */
async function insertLines(db: Queryable, runId: string, lines: readonly Waiting[]): Promise<void> {
  const now = performance.now();
  const rows = lines.map(({ saidAt, ...line }, place) => ({ ...line, place, ageMs: now - saidAt }));
  await db.query(
    `INSERT INTO auth.job_run_log_lines (run_id, at, level, message, fields)
     SELECT run.id, now() - line."ageMs" * interval '1 millisecond', line.level, line.message, line.fields
       FROM auth.job_runs AS run
      CROSS JOIN jsonb_to_recordset($2::jsonb -> 'lines') AS line (
        place int, "ageMs" float8, level auth.run_log_level, message text, fields jsonb)
      WHERE run.id = $1
      ORDER BY line.place`,
    [runId, jsonText({ lines: rows })],
  );
}
