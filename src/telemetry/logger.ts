/**
 * The log: pino, one line per event, readable on a terminal and JSON elsewhere, and sent to Seq if
 * configured. Secrets are removed here, whatever a caller logs, and quoted text can neither forge another
 * line nor control a terminal.
 */
import { type Level, type Logger as PinoLogger, pino } from 'pino';
import pretty from 'pino-pretty';
import { printableJsonLine, safeJsonLine, withoutRepeats } from './log-lines.rules.ts';
import { createRedaction, redactedText } from './log-redaction.rules.ts';
import { createSeqStream, type SeqLimits } from './log-seq.ts';
import { traceIds } from './tracing.ts';

export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly level: string;
  readonly format: 'pretty' | 'json';
  readonly nodeName: string;
  /** A Seq server that also gets every line. */
  readonly seqUrl?: string;
  readonly seqApiKey?: string;
  readonly seqLimits?: Partial<SeqLimits>;
  /** Hidden wherever they occur in a line, in addition to everything that looks like a secret. */
  readonly secrets?: readonly string[];
  /** Adds `trace_id` and `span_id` to each line that is logged in a span. */
  readonly hasTraceIds?: boolean;
}

export interface Log {
  readonly logger: Logger;
  /** Sends the remaining lines to Seq, for at most two seconds; standard output gets every line at once. */
  flush(): Promise<void>;
  /** The number of lines that were dropped for Seq; standard output has them. */
  droppedLines(): number;
}

const PATIENCE_MS = 2_000;

/** Creates the process's log. */
export function createLog(options: LoggerOptions): Log {
  const { level, format, nodeName, seqUrl, seqApiKey, seqLimits, secrets = [], hasTraceIds = false } = options;
  const output =
    format === 'pretty'
      ? through((line) => printableJsonLine(withoutRepeats(line)), prettyOutput())
      : through(safeJsonLine, standardOutput());
  const seq =
    seqUrl === undefined
      ? undefined
      : createSeqStream({
          url: seqUrl,
          apiKey: seqApiKey,
          limits: seqLimits,
          onTrouble: (problem) =>
            logger.warn(
              { seqUrl },
              `Seq does not take the log: ${problem}. Lines wait for it until 4 MB do, then they are dropped; this log has all of them`,
            ),
          onBack: (dropped) =>
            logger.info({ droppedLines: dropped }, `Seq takes the log again; ${dropped} lines were dropped meanwhile`),
        });
  const redacted = createRedaction(seqApiKey === undefined ? secrets : [...secrets, seqApiKey]);
  const logger = pino(
    { level, base: { nodeName }, hooks: { streamWrite: redacted }, ...(hasTraceIds && { mixin: traceIds }) },
    // A single stream needs no multistream, which would parse each line’s level again.
    seq === undefined
      ? output
      : pino.multistream([
          { level: level as Level, stream: output },
          { level: level as Level, stream: seq },
        ]),
  );
  return {
    logger,
    async flush() {
      const left = (await seq?.flush(PATIENCE_MS)) ?? 0;
      if (left > 0) logger.warn({ lines: left }, `${left} lines did not reach Seq; this log has them`);
    },
    droppedLines: () => seq?.droppedLines() ?? 0,
  };
}

/** Returns the text, for example of an error, without anything that looks like a secret. */
export const withoutSecrets = redactedText;

/** A stream that changes each line before it writes it. */
const through = (change: (line: string) => string, stream: { write(line: string): unknown }) => ({
  write(line: string): void {
    stream.write(change(line));
  },
});

/** Writing to a closed terminal or pipe fails; the server continues without it. */
const standardOutput = () => pino.destination({ dest: 1, sync: true }).on('error', () => undefined);

const prettyOutput = () =>
  pretty({
    destination: standardOutput(),
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,nodeName',
    singleLine: true,
  });

/** Logs nothing; for tests and commands. */
export const silentLogger: Logger = pino({ level: 'silent' });
