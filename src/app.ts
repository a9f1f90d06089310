/**
 * createApp wires the slices: which operation gets which tools, which notice reaches whom,
 * which jobs there are. It opens nothing; what it needs is handed to it, and main.ts owns it.
 */

import { createAccessControl } from './access/access-control.ts';
import type { Acts } from './access/acts.ts';
import type { Audit } from './access/audit/audit.ts';
import { AUDIT_EXPORT, auditExportRoute } from './access/audit/export-route.ts';
import { createDenials } from './access/denials.ts';
import { createBulkRunner } from './accounts/bulk/bulk-runner.ts';
import { createInserts } from './accounts/enqueue.ts';
import { createExplanations } from './accounts/insight/explanation.ts';
import { createForecast } from './accounts/insight/queue-forecast.ts';
import { managedAccountRetryJob } from './accounts/managed-account-retry.job.ts';
import { createWorker } from './accounts/worker.ts';
import { createApi } from './api.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import { nodeSilenceMs } from './config/node-silence.ts';
import { secretsOf } from './config/secrets.ts';
import type { Database } from './database/database.ts';
import { createChangeFeed } from './events/changes/change-feed.ts';
import { eventSchemaRoutes } from './events/outbox/schema-routes.ts';
import { createDeliverer } from './events/webhooks/deliverer.ts';
import type { ReadinessCheck } from './http/readiness.ts';
import type { SinglePage } from './http/single-page.ts';
import type { IdentityProvider } from './identity/provider.ts';
import type { ProviderStatus } from './identity/zitadel-check.ts';
import { expiredInvitationCleanupJob } from './invitations/expired-invitation-cleanup.job.ts';
import type { Job } from './jobs/job.ts';
import { createJobOperations } from './jobs/job-operations.ts';
import { createRunMetrics } from './jobs/runs/run.metrics.ts';
import { runJobNow } from './jobs/runs/run-now.ts';
import { createScheduler } from './jobs/scheduler.ts';
import { createScheduleExplainer } from './jobs/schedules/schedule-explanation.ts';
import type { ServerMetrics } from './metrics.ts';
import type { NodeIdentity } from './nodes/nodes.ts';
import { createOutward } from './outward.ts';
import { retentionJob } from './retention/retention.job.ts';
import type { SchemaTools } from './schema.ts';
import type { KeyRing } from './sealing/key-ring.ts';
import { createKeyWatch } from './sealing/key-watch.ts';
import { createResealRunner } from './sealing/reseal-runner.ts';
import { createRedaction } from './telemetry/log-redaction.rules.ts';
import type { Logger } from './telemetry/logger.ts';
import { createUpkeep } from './upkeep.ts';
import type { Services } from './work/context.ts';
import type { Notices } from './work/notices.ts';

export interface AppOptions {
  readonly config: Config;
  readonly db: Database;
  readonly audit: Audit;
  readonly acts: Acts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ServerMetrics;
  readonly node: NodeIdentity;
  readonly notices: Notices;
  readonly keyRing: KeyRing;
  readonly provider: IdentityProvider & { status?(): ProviderStatus };
  readonly readiness: readonly ReadinessCheck[];
  /** Left out where it was not built. */
  readonly dashboard?: SinglePage | undefined;
  /** Jobs beside the server’s own. */
  readonly moreJobs?: readonly Job[];
}

export type App = ReturnType<typeof createApp>;

export function createApp(options: AppOptions) {
  const { config, db, audit, acts, clock, logger, metrics, node, notices, keyRing, provider } = options;
  // What only reads, and so may be cut short; operations write, and have the other connections.
  const reading: Database = { ...db, query: db.reading.query };
  const handles = {
    ...options,
    reading,
    prisma: db.prisma,
    trail: audit.trail,
    nodeId: node.id,
    inserts: createInserts(db),
    explanations: createExplanations({ reading, provider, config }),
    forecast: createForecast({ reading, provider, config }),
    feed: createChangeFeed({ db, notices }),
    denials: createDenials({ db, trail: audit.trail, logger }),
  };
  const services: Services = { ...handles, deliverer: createDeliverer(handles) };
  const worker = createWorker(services);
  const keyWatch = createKeyWatch({ db, keyRing, nodeId: node.id });
  const resealRunner = createResealRunner({ ...options, nodeId: node.id });
  const bulkRunner = createBulkRunner(services);

  const jobs: readonly Job[] = [
    managedAccountRetryJob({
      acts,
      notices,
      provider: provider.name,
      timeoutMs: config.PROVIDER_TIMEOUT,
      undoWindowMs: config.UNDO_WINDOW,
      failedPasswordRetentionMs: config.FAILED_PASSWORD_RETENTION,
    }),
    expiredInvitationCleanupJob(config.INVITATION_RETENTION, acts),
    retentionJob(config, acts, notices, audit),
    ...(options.moreJobs ?? []),
  ];
  const runMetrics = createRunMetrics(metrics.jobs, db, jobs);
  const firing = {
    nodeId: node.id,
    leaseMs: config.LEASE_DURATION,
    toleranceMs: config.FIRE_TOLERANCE,
    windowMs: config.MISFIRE_WINDOW,
  };
  const scheduler = createScheduler({
    db,
    acts,
    clock,
    logger,
    jobs,
    redact: createRedaction(secretsOf(config)),
    ...firing,
    graceMs: config.INTERRUPT_GRACE,
    onFires: runMetrics.fired,
    onRunChanged(kind, runId) {
      notices.notify('changes');
      if (kind !== 'ended') return;
      notices.notify('outbox');
      runMetrics.ended(runId);
    },
  });
  const silenceMs = nodeSilenceMs(config);
  const access = createAccessControl(services);
  const outward = createOutward(services, acts);
  const tools: SchemaTools = {
    db: reading,
    clock,
    jobs,
    ledger: { ...firing, retentionMs: config.RUN_RETENTION },
    runNow: (caller, request) => runJobNow({ db, acts, digester: keyRing, scheduler }, caller, request),
    explainSchedule: createScheduleExplainer(reading, {
      jobNames: jobs.map(({ name }) => name),
      nodeSilenceMs: silenceMs,
    }),
    jobOperations: createJobOperations({ db, acts, notices, scheduler, jobs, ...firing }),
    outward: outward.tools,
  };
  const { schema, graphql, http } = createApi({
    config,
    access,
    services,
    tools,
    logger,
    metrics,
    readiness: options.readiness,
    dashboard: options.dashboard,
    routes: {
      ...eventSchemaRoutes(),
      [AUDIT_EXPORT]: auditExportRoute(services, access.authenticator),
    },
  });

  const upkeep = createUpkeep({
    ...options,
    wakes: [bulkRunner.wake, resealRunner.wake, outward.beat],
    lookAtKeys: keyWatch.look,
  });

  return {
    services,
    schema,
    graphql,
    http,
    closeAccess: access.close,
    worker,
    bulkRunner,
    resealRunner,
    upkeep,
    scheduler,
    outward,
    jobs,
    /** Ends what is in hand, within the time. */
    async stop(timeoutMs: number): Promise<void> {
      await Promise.all([
        worker.stop(timeoutMs),
        bulkRunner.stop(timeoutMs),
        upkeep.stop(timeoutMs),
        resealRunner.stop(timeoutMs),
        outward.stop(timeoutMs),
        scheduler.stop({ timeoutMs }),
      ]);
    },
    /** From now on the node works; its caller has seen to it that it will be stopped. */
    async begin({ hasTimers = true } = {}): Promise<void> {
      notices.on({
        work: worker.wake,
        bulk: bulkRunner.wake,
        resealing: resealRunner.wake,
        circuit: worker.reconsider,
        queue: worker.reconsider,
        keys: keyWatch.changed,
        schedules: () =>
          void scheduler
            .refresh()
            .catch((error: unknown) => db.outage.warn(error, 'Schedules could not be read again')),
      });
      if (hasTimers) await scheduler.start();
      outward.begin();
      await upkeep.beat();
      worker.wake();
    },
  };
}
