/**
 * The log: pino, one line per event, readable on a terminal and JSON elsewhere. Secrets are
 * cut out by field name here, whatever a caller puts into a line.
 */
import { type Logger as PinoLogger, pino, type TransportTargetOptions } from 'pino';

export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly level: string;
  readonly format: 'pretty' | 'json';
  readonly nodeName: string;
  /** A Seq server that gets every line too. */
  readonly seqUrl?: string;
  readonly seqApiKey?: string;
}

const SECRET_FIELDS = ['password', 'encryptedPassword', 'encrypted_password', 'token', 'authorization', 'masterKey'];

/** Creates the process's logger; `close` on the returned object is not needed, pino flushes at exit. */
export function createLogger({ level, format, nodeName, seqUrl, seqApiKey }: LoggerOptions): Logger {
  const targets: TransportTargetOptions[] = [
    format === 'pretty'
      ? {
          target: 'pino-pretty',
          level,
          options: {
            destination: 1,
            translateTime: 'SYS:HH:MM:ss.l',
            ignore: 'pid,hostname,nodeName',
            singleLine: true,
          },
        }
      : { target: 'pino/file', level, options: { destination: 1 } },
  ];
  if (seqUrl !== undefined) {
    targets.push({ target: 'pino-seq', level, options: { serverUrl: seqUrl, apiKey: seqApiKey } });
  }
  return pino(
    {
      level,
      base: { nodeName },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
    },
    // JSON to standard output alone needs no worker thread: written where it happens, in order.
    format === 'json' && seqUrl === undefined ? pino.destination({ dest: 1, sync: true }) : pino.transport({ targets }),
  );
}

/** Says nothing: for tests, and where no one listens. */
export const silentLogger: Logger = pino({ level: 'silent' });
