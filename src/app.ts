/**
 * createApp wires the slices: which operation gets which tools, which notice reaches whom,
 * which jobs there are. It opens nothing; what it needs is handed to it, and main.ts owns it.
 */

import { logActs } from './access/acts.ts';
import { createBulkOperations } from './accounts/bulk/bulk-operations.ts';
import { createBulkRunner } from './accounts/bulk/bulk-runner.ts';
import { createQueueControl } from './accounts/control/queue-control-operations.ts';
import { createEntryOperations } from './accounts/entry-operations.ts';
import { createExplainer } from './accounts/insight/explanation.ts';
import { loadQueueForecast } from './accounts/insight/queue-forecast.ts';
import { managedAccountRetryJob } from './accounts/managed-account-retry.job.ts';
import { destroyOldPasswords } from './accounts/passwords.ts';
import { createQueueMetrics } from './accounts/queue.metrics.ts';
import { takeOverAllExpired } from './accounts/takeover.ts';
import { createWorker } from './accounts/worker.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import { shareReading } from './database/shared-reading.ts';
import type { Notices } from './events/notices.ts';
import { graphiqlPage } from './graphql/graphiql.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { createRoutes, type ReadinessCheck } from './http/routes.ts';
import { createHttpServer } from './http/server.ts';
import { createIdentityOperations } from './identity/identity-operations.ts';
import type { IdentityProvider } from './identity/provider.ts';
import type { ProviderStatus } from './identity/zitadel-check.ts';
import { expiredInvitationCleanupJob } from './invitations/expired-invitation-cleanup.job.ts';
import type { Job } from './jobs/job.ts';
import { createJobOperations } from './jobs/job-operations.ts';
import { createRunMetrics } from './jobs/runs/run.metrics.ts';
import { runJobNow } from './jobs/runs/run-now.ts';
import { createScheduler } from './jobs/scheduler.ts';
import { createScheduleExplainer } from './jobs/schedules/schedule-explanation.ts';
import { createNodeOperations } from './nodes/node-operations.ts';
import { MISSED_BEATS, type NodeIdentity } from './nodes/nodes.ts';
import { retentionJob } from './retention/retention.job.ts';
import { buildSchema } from './schema.ts';
import type { KeyRing } from './sealing/key-ring.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** Until callers are known, everybody is this one. */
const CALLER = 'local';

export interface AppOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly node: NodeIdentity;
  readonly notices: Notices;
  readonly keyRing: KeyRing;
  readonly provider: IdentityProvider & { status?(): ProviderStatus };
  readonly readiness: readonly ReadinessCheck[];
  /** Jobs beside the server’s own. */
  readonly moreJobs?: readonly Job[];
}

export type App = ReturnType<typeof createApp>;

export function createApp(options: AppOptions) {
  const { config, db, clock, logger, metrics, node, notices, keyRing, provider } = options;
  const circuit = {
    failureThreshold: config.CIRCUIT_FAILURE_THRESHOLD,
    probeIntervalMs: config.CIRCUIT_PROBE_INTERVAL,
  };
  const attempts = { leaseMs: config.LEASE_DURATION, timeoutMs: config.PROVIDER_TIMEOUT, nodeId: node.id };
  const queueMetrics = createQueueMetrics(metrics, db, logger);
  const runMetrics = createRunMetrics(metrics, db);

  const worker = createWorker({
    db,
    provider,
    keyRing,
    notices,
    logger,
    circuit,
    ...attempts,
    metrics: queueMetrics,
    concurrency: config.PROVIDER_CONCURRENCY,
  });
  const bulkRunner = createBulkRunner({ db, notices, logger, nodeId: node.id, leaseMs: config.LEASE_DURATION });

  const jobs: readonly Job[] = [
    managedAccountRetryJob({
      notices,
      provider: provider.name,
      undoWindowMs: config.UNDO_WINDOW,
      failedPasswordRetentionMs: config.FAILED_PASSWORD_RETENTION,
    }),
    expiredInvitationCleanupJob(config.INVITATION_RETENTION),
    retentionJob(config, notices),
    ...(options.moreJobs ?? []),
  ];
  const firing = {
    nodeId: node.id,
    leaseMs: config.LEASE_DURATION,
    toleranceMs: config.FIRE_TOLERANCE,
    windowMs: config.MISFIRE_WINDOW,
  };
  const scheduler = createScheduler({
    db,
    clock,
    logger,
    jobs,
    ...firing,
    graceMs: config.INTERRUPT_GRACE,
    onRunChanged(kind, runId) {
      notices.runChanged(kind === 'created' ? 'CREATED' : 'UPDATED', runId);
      if (kind === 'updated') runMetrics.changed(runId);
    },
  });
  const acted = logActs(logger);
  const nodeSilenceMs = MISSED_BEATS * config.HEARTBEAT_INTERVAL;
  const forecast = shareReading((on: Database) => loadQueueForecast(on, provider.name, nodeSilenceMs));
  const schema = buildSchema({
    db,
    clock,
    notices,
    jobs,
    nodes: createNodeOperations({ db, notices, silenceMs: nodeSilenceMs }, acted),
    entries: createEntryOperations({ db, keyRing, notices, provider, ...attempts }, acted),
    bulk: createBulkOperations(
      { db, keyRing, notices, undoWindowMs: config.UNDO_WINDOW, wake: bulkRunner.wake },
      acted,
    ),
    identity: createIdentityOperations({ db, notices, provider }, acted),
    explain: createExplainer(db, {
      provider: provider.name,
      nodeSilenceMs,
    }),
    loadForecast: () => forecast(db),
    queueControl: createQueueControl(db, notices, acted),
    ledger: {
      retentionMs: config.RUN_RETENTION,
      toleranceMs: config.FIRE_TOLERANCE,
      windowMs: config.MISFIRE_WINDOW,
    },
    runNow: (caller, request) => runJobNow({ db, digester: keyRing, scheduler }, caller, request),
    explainSchedule: createScheduleExplainer(db, { jobNames: jobs.map(({ name }) => name), nodeSilenceMs }),
    jobOperations: createJobOperations({ db, notices, scheduler, jobs, ...firing }, acted),
  });
  const graphql = createGraphqlServer({ schema, logger, metrics });
  const http = createHttpServer({
    logger,
    metrics,
    routes: createRoutes({
      graphql,
      graphiql: graphiqlPage(),
      metrics,
      readiness: options.readiness,
      caller: () => CALLER,
    }),
  });

  /** What nodes held that stopped beating is taken over, and passwords whose time has come are destroyed. */
  const takeOver = async (): Promise<void> => {
    bulkRunner.wake();
    const destroyed = await destroyOldPasswords(db, config.UNDO_WINDOW, config.FAILED_PASSWORD_RETENTION);
    notices.entriesChanged('UPDATED', destroyed);
    const ids = await takeOverAllExpired(db);
    if (ids.length === 0) return;
    queueMetrics.takenOver(ids.length);
    logger.warn({ entries: ids.length }, 'Took over entries whose lease had run out');
    notices.entriesChanged('UPDATED', ids);
    notices.workToDo();
  };

  return {
    schema,
    graphql,
    http,
    worker,
    bulkRunner,
    scheduler,
    jobs,
    /** To be done at each heartbeat. */
    takeOver,
    /** From now on the node works; its caller has seen to it that it will be stopped. */
    async begin({ hasTimers = true } = {}): Promise<void> {
      notices.on({
        work: worker.wake,
        circuit: worker.reconsider,
        schedules: () =>
          void scheduler
            .refresh()
            .catch((error: unknown) => logger.warn({ err: error }, 'Schedules could not be read again')),
      });
      if (hasTimers) await scheduler.start();
      await takeOver();
      worker.wake();
    },
  };
}
