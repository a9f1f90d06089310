/**
 * The log: pino, one line per event, readable on a terminal and JSON elsewhere, and to Seq too
 * when one is named. Secrets are cut out by field name here, whatever a caller puts into a line,
 * and nothing that is quoted in a line can forge another or steer a terminal.
 */
import { type Level, type Logger as PinoLogger, pino, type StreamEntry } from 'pino';
import pretty from 'pino-pretty';
import { createStream as createSeqStream } from 'pino-seq';
import { printableJsonLine, safeJsonLine } from './log-lines.rules.ts';

export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly level: string;
  readonly format: 'pretty' | 'json';
  readonly nodeName: string;
  /** A Seq server that gets every line too. */
  readonly seqUrl?: string;
  readonly seqApiKey?: string;
}

export interface Log {
  readonly logger: Logger;
  /** Sends what Seq has not got yet, for two seconds at most; standard output is written as it happens. */
  flush(): Promise<void>;
}

const SECRET_FIELDS = ['password', 'encryptedPassword', 'encrypted_password', 'token', 'authorization', 'masterKey'];
const PATIENCE_MS = 2_000;

/** Creates the process's log. */
export function createLog({ level, format, nodeName, seqUrl, seqApiKey }: LoggerOptions): Log {
  const output =
    format === 'pretty'
      ? through(printableJsonLine, prettyOutput())
      : through(safeJsonLine, pino.destination({ dest: 1, sync: true }));
  const streams: StreamEntry[] = [{ level: level as Level, stream: output }];
  const seq =
    seqUrl === undefined
      ? undefined
      : createSeqStream({
          serverUrl: seqUrl,
          apiKey: seqApiKey,
          // A Seq that is away must not fill standard error; it gets what comes once it is back.
          onError: () => undefined,
        });
  if (seq !== undefined) streams.push({ level: level as Level, stream: seq });
  const logger = pino(
    {
      level,
      base: { nodeName },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
    },
    // One stream needs no fan-out, which would parse each line's level again.
    seq === undefined ? output : pino.multistream(streams),
  );
  return {
    logger,
    async flush() {
      if (seq === undefined) return;
      const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
      await Promise.race([Promise.resolve(seq.flush()).catch(() => false), patience]);
    },
  };
}

/** A stream that changes each line on its way. */
const through = (change: (line: string) => string, stream: { write(line: string): unknown }) => ({
  write(line: string): void {
    stream.write(change(line));
  },
});

const prettyOutput = () =>
  pretty({
    destination: 1,
    sync: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,nodeName',
    singleLine: true,
  });

/** Says nothing: for tests, and where no one listens. */
export const silentLogger: Logger = pino({ level: 'silent' });
