/**
 * Starts a server: each step opens one resource and registers how to close it. The master key is verified
 * before anything is changed; no entry is claimed before the server listens.
 */
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrations.ts';
import { StartError } from '../database/start-error.ts';
import { seedDemoFamily } from '../families/demo.ts';
import { readSinglePage } from '../http/single-page.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { declareMetrics } from '../metrics.ts';
import type { DrainAsk } from '../nodes/heartbeat.ts';
import { openKeyRing } from '../sealing/key-ring.ts';
import type { Logger } from '../telemetry/logger.ts';
import { assertWritable, type DatabaseServer, openDatabaseServer } from './database.ts';
import { explainStartFailure, listenError } from './failures.ts';
import { masterKeysFor } from './master-key.ts';
import { startNode } from './node.ts';
import { openProvider } from './provider.ts';
import { reportStart } from './report.ts';

/** PostgreSQL writes all changes to disk when it stops. */
const DATABASE_SERVER_PATIENCE_MS = 90_000;

export interface StartOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly nodeName: string;
  /** Whether the log goes to a terminal. */
  readonly isForPeople: boolean;
  /** The number of log lines that Seq did not receive, so far. */
  droppedLines(): number;
  /** Called when an operator drains this node through the API: stop as on SIGTERM. */
  onDrainAsked(ask: DrainAsk): void;
}

/** Starts everything; resolves when the server is ready. Throws StartError for problems that an operator can fix. */
export async function startServer(options: StartOptions): Promise<void> {
  const { config, logger, lifecycle } = options;
  const begun = performance.now();
  const opening = openDatabaseServer(config, logger);
  // Registered before it is open: a signal meanwhile must not leave PostgreSQL running.
  lifecycle.opened(
    'the database server',
    () =>
      opening.then(
        (opened) => opened.leave(),
        () => undefined,
      ),
    DATABASE_SERVER_PATIENCE_MS,
  );
  const server = await opening;
  // From here on, the database may become unreachable at any step.
  await startOn(server, begun, options).catch((error: unknown) => {
    throw explainStartFailure(error, server.shown);
  });
}

async function startOn(server: DatabaseServer, begun: number, options: StartOptions): Promise<void> {
  const { config, logger, lifecycle, nodeName, onDrainAsked } = options;
  const metrics = declareMetrics();
  let dropped = 0;
  metrics.onScrape(() => {
    metrics.server.logDropped.inc(options.droppedLines() - dropped);
    dropped = options.droppedLines();
  });
  const db = await openDatabase({
    url: server.url,
    poolSize: config.DATABASE_POOL_SIZE,
    readTimeoutMs: config.statementTimeoutMs,
    logger,
    metrics,
  }).catch((error: Error) => {
    throw new StartError(
      `The database cannot be reached at ${server.shown}: ${error.message || (error as NodeJS.ErrnoException).code}. Check DATABASE_URL, and that PostgreSQL is running and lets this user in.`,
    );
  });
  lifecycle.opened('the database', () => db.close());
  await assertWritable(db, server.shown);

  const masters = await masterKeysFor(config, db, server.isEmbedded, logger);
  const { applied } = await migrate({ url: server.directUrl ?? server.url, logger });
  const keyRing = await openKeyRing(db, ...masters);
  if (server.isEmbedded && applied.length > 0) await seedDemoFamily(db);

  const dashboard = await openDashboard();
  const { app, address, provider, notices } = await startNode({
    config,
    db,
    directUrl: server.directUrl ?? (db.isPooled ? undefined : server.url),
    keyRing,
    name: nodeName,
    clock: systemClock,
    logger,
    metrics,
    lifecycle,
    dashboard,
    openProvider,
    onDrainAsked,
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.syscall === 'listen' || error.syscall === 'getaddrinfo' ? listenError(error, config) : error;
  });
  reportStart({
    config,
    logger,
    address,
    server,
    provider,
    app,
    hasDashboard: dashboard !== undefined,
    road: notices.road,
    isForPeople: options.isForPeople,
    tookMs: performance.now() - begun,
  });
}

/** The same path from src/ and from dist/: both are in the project’s folder. */
const DASHBOARD_FOLDER = new URL('../../dist/dashboard/', import.meta.url);

const openDashboard = () => readSinglePage(DASHBOARD_FOLDER);
