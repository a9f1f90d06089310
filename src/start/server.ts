/**
 * Starting a server: each step opens one thing and says how it is closed. The master key is
 * proved before anything is touched; nothing is claimed before the server listens.
 */
import { createActs } from '../access/acts.ts';
import { openAudit } from '../access/audit/audit.ts';
import { createApp } from '../app.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { openDatabase } from '../database/database.ts';
import { createDatabaseClock } from '../database/database-clock.ts';
import { hasNewestMigration, migrate } from '../database/migrations.ts';
import { StartError } from '../database/start-error.ts';
import { seedDemoFamily } from '../families/demo.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { declareMetrics } from '../metrics.ts';
import { type DrainAsk, type Heartbeat, startHeartbeat } from '../nodes/heartbeat.ts';
import { announceProvider, isRegistered, registerNode, removeNode, setNodeState } from '../nodes/nodes.ts';
import { openKeyRing } from '../sealing/key-ring.ts';
import { announceKeys } from '../sealing/living-nodes.ts';
import type { Logger } from '../telemetry/logger.ts';
import { VERSION } from '../version.ts';
import { openNotices } from '../work/notices.ts';
import { openDashboard } from './dashboard.ts';
import { assertWritable, type DatabaseServer, openDatabaseServer } from './database.ts';
import { explainStartFailure } from './failures.ts';
import { masterKeysFor } from './master-key.ts';
import { openProvider } from './provider.ts';
import { registerAgain } from './register-again.ts';
import { reportStart } from './report.ts';
import { recordSettings } from './settings-record.ts';

/** PostgreSQL writes everything to disk when it stops. */
const DATABASE_SERVER_PATIENCE_MS = 90_000;

export interface StartOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly nodeName: string;
  /** The log is read on a terminal. */
  readonly isForPeople: boolean;
  /** Lines of the log that Seq did not get, so far. */
  droppedLines(): number;
  /** Somebody asked this node over the API to stop as on SIGTERM. */
  onDrainAsked(ask: DrainAsk): void;
}

/** Starts everything; resolves when the server is ready. Throws StartError for what an operator can mend. */
export async function startServer(options: StartOptions): Promise<void> {
  const { config, logger, lifecycle } = options;
  const begun = performance.now();
  const opening = openDatabaseServer(config, logger);
  // Before it is there: a signal that comes meanwhile must not leave PostgreSQL running.
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
  // From here on the database may go away at any step.
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
    readTimeoutMs: config.STATEMENT_TIMEOUT,
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

  const node = await registerNode(db, nodeName, VERSION);
  let hasStarted = false;
  // A start that failed was no node that anybody need hear of.
  lifecycle.opened('the node', () => (hasStarted ? setNodeState(db, node.id, 'gone') : removeNode(db, node.id)));
  await announceKeys(db, node.id, keyRing);
  const notices = await openNotices({
    db,
    directUrl: server.directUrl ?? (db.isPooled ? undefined : server.url),
    logger,
  });
  lifecycle.opened('the notices', () => notices.close());
  const databaseClock = createDatabaseClock();
  const audit = openAudit({
    db,
    keys: keyRing.auditKeys,
    nodeId: node.id,
    clock: databaseClock,
    logger,
  });
  lifecycle.opened('the audit trail', () => audit.sealer.stop());
  await audit.start();
  const acts = createActs(db, audit.trail, logger);
  const provider = await openProvider(config, db, logger, { acts, metrics, notices });
  lifecycle.opened('the identity provider', () => provider.close());
  await announceProvider(db, node.id, provider.name);

  let drainingSince: number | undefined;
  let trouble: Heartbeat['trouble'] = () => undefined;
  const readiness = [
    {
      name: 'node',
      check: async () => (drainingSince !== undefined ? 'is draining' : hasStarted ? undefined : 'is starting'),
    },
    {
      name: 'database',
      // Whether it can be read, and whether it can be written to: a standby or a full disk cannot.
      check: () =>
        isRegistered(db.reading, node.id).then(
          (is) => (is ? trouble() : 'does not have this node, which registers again at its next heartbeat'),
          () => 'cannot be reached',
        ),
    },
    {
      name: 'migrations',
      check: () =>
        hasNewestMigration(db.reading).then(
          (has) => (has ? undefined : 'are not applied'),
          () => 'cannot be read',
        ),
    },
    {
      name: 'masterKey',
      check: () =>
        keyRing.refresh().then(
          () => undefined,
          () => 'does not open the key ring',
        ),
    },
  ];
  const dashboard = await openDashboard();
  const app = createApp({
    config,
    db,
    audit,
    acts,
    clock: systemClock,
    logger,
    metrics,
    node,
    notices,
    keyRing,
    provider,
    readiness,
    dashboard,
  });
  lifecycle.opened('the access control', () => app.closeAccess());
  const address = await app.http.listen(config.HOST, config.PORT).catch((error: NodeJS.ErrnoException) => {
    throw listenError(error, config);
  });
  const closePatienceMs = config.SHUTDOWN_TIMEOUT + 1_000;
  lifecycle.opened(
    'the HTTP server',
    () => {
      const begun = drainingSince ?? performance.now();
      return app.http.close(Math.max(100, begun + config.SHUTDOWN_TIMEOUT - performance.now()));
    },
    closePatienceMs,
  );
  // Not before: a start that fails, because the port is taken, puts no settings on record.
  await recordSettings(acts, config, keyRing);

  const heartbeat = startHeartbeat({
    db,
    nodeId: node.id,
    intervalMs: config.HEARTBEAT_INTERVAL,
    clock: databaseClock,
    inHand: () => ({ attempts: app.worker.attemptsInHand(), runs: app.scheduler.runsInHand() }),
    register: () => registerAgain({ db, node, provider: provider.name, keyRing, logger }),
    onBeat: app.upkeep.beat,
    onDrainAsked,
    onUnchainedActs: audit.sealer.wake,
  });
  trouble = heartbeat.trouble;
  lifecycle.opened('the heartbeat', () => heartbeat.stop());
  lifecycle.opened(
    'the work',
    async () => {
      drainingSince = performance.now();
      await Promise.all([
        heartbeat.say('draining').catch(() => undefined),
        app.worker.stop(config.SHUTDOWN_TIMEOUT),
        app.bulkRunner.stop(config.SHUTDOWN_TIMEOUT),
        app.upkeep.stop(config.SHUTDOWN_TIMEOUT),
        app.resealRunner.stop(config.SHUTDOWN_TIMEOUT),
        app.outward.stop(config.SHUTDOWN_TIMEOUT),
        app.scheduler.stop({ timeoutMs: config.SHUTDOWN_TIMEOUT }),
      ]);
      // A run that was broken off is owed once more: others begin it now rather than at their next check.
      notices.notify('schedules', 'changes');
    },
    closePatienceMs,
  );
  notices.on({ nodes: heartbeat.beatNow });
  await heartbeat.say('running');
  await app.begin();
  hasStarted = true;
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

function listenError(error: NodeJS.ErrnoException, { HOST, PORT }: Config): Error {
  if (error.code === 'EADDRINUSE')
    return new StartError(
      `Port ${PORT} on ${HOST} is taken by another process. Set PORT to another one, or to 0 for any free one.`,
    );
  if (error.code === 'EACCES')
    return new StartError(`Port ${PORT} may not be used by this user. Set PORT to one above 1023.`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new StartError(`HOST="${HOST}" is not an address of this machine. Example: HOST=127.0.0.1`);
  return error;
}
