/**
 * The process: reads the configuration, opens resources in order, listens, and closes them in reverse order
 * on a signal. The other commands (`db:url`, the seed) read only the settings they need. Most modules are
 * imported only after the settings have been checked, so that a configuration error is reported at once.
 */
import { hostname } from 'node:os';
import { inspect } from 'node:util';
import { config as readDotenv } from 'dotenv';
import { type Config, ConfigurationError, readConfig, readSettings } from './config/config.ts';
import { exporterSecrets, secretsOf } from './config/secrets.ts';
import { StartError } from './database/start-error.ts';
import { createLifecycle } from './lifecycle.ts';
import { MasterKeyError } from './sealing/master-key.ts';
import { HELP, readCommandLine } from './start/command-line.ts';
import { endOnUncaught } from './start/last-words.ts';
import { createLog, withoutSecrets } from './telemetry/logger.ts';
import { useTracing } from './telemetry/tracing.ts';
import { VERSION } from './version.ts';

/** Otherwise GraphQL checks each value for mistakes of programmers, which takes a twentieth of a request's time. */
process.env.NODE_ENV ??= 'production';

const dotenv = Object.keys(readDotenv({ quiet: true }).parsed ?? {});

/** Two signals within this time count as one. */
const SAME_SIGNAL_MS = 250;
/** How long a stopping process sends its last spans. */
const TRACES_PATIENCE_MS = 2_000;

function complain(error: unknown): never {
  const isExpected =
    error instanceof StartError || error instanceof ConfigurationError || error instanceof MasterKeyError;
  console.error(isExpected ? error.message : withoutSecrets(inspect(error)));
  process.exit(1);
}

async function main(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2));
  if ('problem' in line) {
    console.error(line.problem);
    process.exit(2);
  }
  switch (line.command) {
    case 'help':
      return void process.stdout.write(HELP);
    case 'version':
      return void process.stdout.write(`${VERSION}\n`);
    case 'start':
      return start();
    default: {
      const { DATABASE_SETTINGS, printDatabaseUrl, seedDatabase } = await import('./start/database.ts');
      const settings = readSettings(process.env, DATABASE_SETTINGS);
      return line.command === 'db:url' ? printDatabaseUrl(settings) : seedDatabase(settings);
    }
  }
}

async function start(): Promise<void> {
  const { config, warnings } = readConfig(process.env, dotenv);
  const nodeName = config.NODE_NAME ?? `${hostname()}-${process.pid}`;
  const format = config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json');
  const endpoint = tracesEndpoint(config);
  const { logger, flush, droppedLines } = createLog({
    level: config.LOG_LEVEL,
    format,
    nodeName,
    seqUrl: config.SEQ_URL,
    seqApiKey: config.SEQ_API_KEY,
    secrets: [...secretsOf(config), ...exporterSecrets(process.env)],
    hasTraceIds: endpoint !== undefined,
  });
  endOnUncaught({ logger, flush });
  for (const warning of warnings) logger.warn(warning);
  const lifecycle = createLifecycle(logger);

  let isStopping = false;
  const stop = (why: object): void => {
    if (isStopping) return;
    isStopping = true;
    logger.info(why, 'Stopping');
    void lifecycle.closeAll().then(async () => {
      logger.info('Stopped');
      await flush();
      process.exit(0);
    });
  };
  let signalledAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signalledAt === undefined) {
      signalledAt = performance.now();
      stop({ signal });
      // npm and tsx forward the Ctrl-C that the terminal has already sent to this process.
    } else if (performance.now() - signalledAt >= SAME_SIGNAL_MS) {
      logger.warn('Second signal: ending at once');
      process.exit(130);
    }
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // The terminal was closed. Both the shell and the kernel send SIGHUP, so a second one must not force the exit.
  process.on('SIGHUP', (signal) => stop({ signal }));
  try {
    if (endpoint !== undefined) {
      const { openTracing } = await import('./telemetry/tracing-sdk.ts');
      const tracing = openTracing({ env: process.env, endpoint, nodeName, version: VERSION, logger });
      useTracing(tracing);
      // Closed last, so that the spans of the other closes are sent too.
      lifecycle.opened('the export of traces', tracing.stop, TRACES_PATIENCE_MS);
    }
    const { startServer } = await import('./start/server.ts');
    await startServer({
      config,
      logger,
      lifecycle,
      nodeName,
      isForPeople: format === 'pretty',
      droppedLines,
      onDrainAsked: stop,
    });
  } catch (error) {
    if (isStopping) return;
    await lifecycle.closeAll();
    // Standard error does not reach Seq.
    if (config.SEQ_URL !== undefined) logger.fatal({ err: error }, 'The server could not start');
    await flush();
    throw error;
  }
}

/** Where traces go; undefined if nowhere, also by the two standard variables that switch them off. */
const tracesEndpoint = ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: Config): string | undefined =>
  process.env.OTEL_SDK_DISABLED === 'true' || process.env.OTEL_TRACES_EXPORTER === 'none' ? undefined : endpoint;

main().catch(complain);
