/**
 * The process: reads the configuration, opens things in order, listens, and closes them in
 * reverse on a signal. `db:url`, `db:seed` and `keys:abandon` are small commands beside the server.
 * What they need is loaded once the configuration is known to be usable: a complaint comes at once.
 */
import { inspect } from 'node:util';
import { config as readDotenv } from 'dotenv';
import { ConfigurationError, readConfig } from './config/config.ts';
import { secretsOf } from './config/secrets.ts';
import { StartError } from './database/start-error.ts';
import { createLifecycle } from './lifecycle.ts';
import { MasterKeyError } from './sealing/master-key.ts';
import { endOnUncaught } from './start/last-words.ts';
import { createLog, withoutSecrets } from './telemetry/logger.ts';

readDotenv({ quiet: true });

/** Two signals that are nearer to each other are one. */
const SAME_SIGNAL_MS = 250;

function complain(error: unknown): never {
  const isExpected =
    error instanceof StartError || error instanceof ConfigurationError || error instanceof MasterKeyError;
  console.error(isExpected ? error.message : withoutSecrets(inspect(error)));
  process.exit(1);
}

async function main(): Promise<void> {
  const { config, warnings } = readConfig(process.env);
  const [command, ...args] = process.argv.slice(2);
  if (command === 'db:url') return (await import('./start/commands.ts')).printDatabaseUrl(config);
  if (command === 'db:seed') return (await import('./start/commands.ts')).seedDatabase(config);
  if (command === 'keys:abandon') return (await import('./start/abandon.ts')).abandonLostKeys(config, args);

  const nodeName = config.NODE_NAME ?? `${process.env.HOSTNAME ?? 'node'}-${process.pid}`;
  const format = config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json');
  const { logger, flush, droppedLines } = createLog({
    level: config.LOG_LEVEL,
    format,
    nodeName,
    seqUrl: config.SEQ_URL,
    seqApiKey: config.SEQ_API_KEY,
    secrets: secretsOf(config),
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
      // npm and tsx pass on the Ctrl-C that the terminal has sent to us as well.
    } else if (performance.now() - signalledAt >= SAME_SIGNAL_MS) {
      logger.warn('Second signal: ending at once');
      process.exit(130);
    }
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
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
    // Whoever looks at Seq does not see what is said on standard error.
    if (config.SEQ_URL !== undefined) logger.fatal({ err: error }, 'The server could not start');
    await flush();
    throw error;
  }
}

main().catch(complain);
