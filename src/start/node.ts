/**
 * Runs one node on an open database: registers it, listens, starts its work, and closes it in reverse
 * order. Both the server and the tests use this, so the wiring is the same. No entry is claimed before the
 * node listens.
 */
import type { AddressInfo } from 'node:net';
import { type Audit, openAudit } from '../access/audit/audit.ts';
import { type App, createApp } from '../app.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../database/database.ts';
import { createDatabaseClock } from '../database/database-clock.ts';
import type { SinglePage } from '../http/single-page.ts';
import { ensureCircuit } from '../identity/circuit.ts';
import type { Job } from '../jobs/job.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { ServerMetrics } from '../metrics.ts';
import { type DrainAsk, type Heartbeat, startHeartbeat } from '../nodes/heartbeat.ts';
import { announceProvider, type NodeIdentity, registerNode, removeNode, setNodeState } from '../nodes/nodes.ts';
import { readinessChecks } from '../nodes/readiness.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
import { announceKeys, reportKeys } from '../sealing/key-usage.ts';
import type { Logger } from '../telemetry/logger.ts';
import { VERSION } from '../version.ts';
import { type Notices, openNotices } from '../work/notices.ts';
import type { OpenedProvider, OpenProviderOptions } from './provider.ts';

export interface NodeOptions {
  readonly config: Config;
  readonly db: Database;
  /** The URL for LISTEN; undefined behind a pooler, where notices are polled. */
  readonly directUrl: string | undefined;
  readonly keyRing: KeyRing;
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ServerMetrics;
  readonly lifecycle: Lifecycle;
  /** Undefined when the dashboard has not been built. */
  readonly dashboard: SinglePage | undefined;
  openProvider(options: OpenProviderOptions): Promise<NodeProvider>;
  /** Called when an operator drains this node through the API: stop as on SIGTERM. */
  onDrainAsked(ask: DrainAsk): void;
  /** Jobs in addition to the server’s own. */
  readonly moreJobs?: readonly Job[];
  /** False, for tests: no timers and no heartbeat; jobs run only by `runJobNow`, entries when woken. */
  readonly hasTimers?: boolean;
}

type NodeProvider = Pick<OpenedProvider, 'close'> & Parameters<typeof createApp>[0]['provider'];

export interface StartedNode {
  readonly app: App;
  readonly audit: Audit;
  readonly node: NodeIdentity;
  readonly notices: Notices;
  readonly provider: NodeProvider;
  readonly address: AddressInfo;
}

/** Starts a node; resolves when it is ready. The lifecycle closes it, also when the start fails. */
export async function startNode(options: NodeOptions): Promise<StartedNode> {
  const { config, db, directUrl, keyRing, logger, metrics, lifecycle, hasTimers = true } = options;
  const node = await registerNode(db, options.name, VERSION);
  let hasStarted = false;
  // A node whose start failed leaves no row.
  lifecycle.opened('the node', () => (hasStarted ? setNodeState(db, node.id, 'gone') : removeNode(db, node.id)));
  await announceKeys(db, node.id, keyRing);
  const notices = await openNotices({ db, directUrl, logger });
  lifecycle.opened('the notices', () => notices.close());
  const databaseClock = createDatabaseClock();
  const audit = openAudit({ db, keys: keyRing.auditKeys, nodeId: node.id, clock: databaseClock, logger });
  lifecycle.opened('the audit trail', () => audit.chainer.stop());
  await audit.start();
  const provider = await options.openProvider({ config, db, logger, notices, trail: audit.trail, metrics });
  lifecycle.opened('the identity provider', () => provider.close());
  await announceProvider(db, node.id, provider.name);

  let drainingSince: number | undefined;
  let trouble: Heartbeat['trouble'] = () => undefined;
  const readiness = readinessChecks({
    db,
    keyRing,
    nodeId: node.id,
    trouble: () => trouble(),
    phase: () => (drainingSince !== undefined ? 'is draining' : hasStarted ? undefined : 'is starting'),
  });
  const app = createApp({ ...options, audit, node, notices, provider, readiness });
  lifecycle.opened('the access control', () => app.closeAccess());
  const address = await app.http.listen(config.HOST, config.PORT);
  const closePatienceMs = config.SHUTDOWN_TIMEOUT + 1_000;
  lifecycle.opened(
    'the HTTP server',
    () => {
      const begun = drainingSince ?? performance.now();
      return app.http.close(Math.max(100, begun + config.SHUTDOWN_TIMEOUT - performance.now()));
    },
    closePatienceMs,
  );

  let heartbeat: Heartbeat | undefined;
  if (hasTimers) {
    heartbeat = startHeartbeat({
      db,
      nodeId: node.id,
      intervalMs: config.HEARTBEAT_INTERVAL,
      clock: databaseClock,
      inHand: () => ({ attempts: app.worker.attemptsInHand(), runs: app.scheduler.runsInHand() }),
      register: () => registerAgain({ db, node, provider: provider.name, keyRing, logger }),
      onBeat: app.upkeep.beat,
      onDrainAsked: options.onDrainAsked,
      onUnchainedActs: audit.chainer.wake,
    });
    const { stop, beatNow } = heartbeat;
    trouble = heartbeat.trouble;
    lifecycle.opened('the heartbeat', () => stop());
    notices.on({ nodes: beatNow });
  }
  lifecycle.opened(
    'the work',
    async () => {
      drainingSince = performance.now();
      await Promise.all([heartbeat?.say('draining').catch(() => undefined), app.stop(config.SHUTDOWN_TIMEOUT)]);
      // An interrupted run is due again: other nodes start it now instead of at their next check.
      notices.notify('schedules', 'changes');
    },
    closePatienceMs,
  );
  if (heartbeat === undefined) await setNodeState(db, node.id, 'running');
  else await heartbeat.say('running');
  await app.begin({ hasTimers });
  hasStarted = true;
  return { app, audit, node, notices, provider, address };
}

interface Registered extends Pick<NodeOptions, 'db' | 'keyRing' | 'logger'> {
  readonly node: NodeIdentity;
  /** The identity provider's name. */
  readonly provider: string;
}

/** Inserts a node’s row again after a restore removed it while the node ran: the same id, its provider and its keys. */
async function registerAgain({ db, node, provider, keyRing, logger }: Registered): Promise<void> {
  await db.transaction(async (tx) => {
    await registerNode(tx, node.name, node.version, node.id);
    await announceProvider(tx, node.id, provider);
    await reportKeys(tx, node.id, keyRing);
    await ensureCircuit(tx, provider);
  });
  logger.warn(
    { nodeId: node.id },
    'The database had lost this node’s row, as after a restore: the node is registered again',
  );
}
