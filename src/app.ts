/**
 * Wires the slices together: the handles, the handlers of each notice and the jobs. Opens no connection or
 * file: main.ts opens what createApp is given, and closes it.
 */

import { createAccessControl } from './access/access-control.ts';
import { AUDIT_EXPORT, auditExport } from './access/audit/export.ts';
import { authorization, mayFind } from './access/authorization.ts';
import { endWithCredential } from './access/credential-end.ts';
import { createDenials } from './access/denials.ts';
import { createExports } from './access/export-route.ts';
import { maskPersonalData } from './access/personal-data.ts';
import { requireReason } from './access/reasons.rules.ts';
import { signInAddress } from './access/sessions/sign-in.ts';
import { createBulkRunner } from './accounts/bulk/bulk-runner.ts';
import { createInserts } from './accounts/enqueue.ts';
import { QUEUE_EXPORT, queueExport } from './accounts/entry-export.graphql.ts';
import { createExplanations } from './accounts/insight/explanation.ts';
import { createForecast } from './accounts/insight/queue-forecast.ts';
import { managedAccountRetryJob } from './accounts/managed-account-retry.job.ts';
import { createWorker } from './accounts/worker.ts';
import { createRules } from './alerts/alert-rules.ts';
import { createAsking } from './alerts/asking.ts';
import { createAlertWatch } from './alerts/evaluate.ts';
import type { Database } from './database/database.ts';
import { embeddedFolder } from './database/embedded/embedded.ts';
import { createChangeFeed } from './events/changes/change-feed.ts';
import { createPublisher } from './events/outbox/publisher.ts';
import { eventSchemaRoutes } from './events/outbox/schema-routes.ts';
import { createDeliverer } from './events/webhooks/deliverer.ts';
import { graphiqlPage } from './graphql/graphiql.ts';
import { createGraphqlServer } from './graphql/server.ts';
import { callerRate, limitAddresses } from './http/rate-limit.ts';
import type { ReadinessCheck } from './http/readiness.ts';
import { createRoutes } from './http/routes.ts';
import { createHttpServer } from './http/server.ts';
import { type SinglePage, singlePage } from './http/single-page.ts';
import { expiredInvitationCleanupJob } from './invitations/expired-invitation-cleanup.job.ts';
import type { Job } from './jobs/job.ts';
import { createScheduler, type Scheduler } from './jobs/scheduler.ts';
import { createScheduleExplanations } from './jobs/schedules/schedule-explanation.ts';
import type { NodeIdentity } from './nodes/nodes.ts';
import { createReadings } from './readings.ts';
import { retentionJob } from './retention/retention.job.ts';
import { buildSchema } from './schema.ts';
import { createKeyWatch } from './sealing/key-watch.ts';
import { createResealingRunner } from './sealing/resealing-runner.ts';
import { createUpkeep } from './upkeep.ts';
import { VERSION } from './version.ts';
import type { Services } from './work/context.ts';

type Opened = 'config' | 'db' | 'audit' | 'clock' | 'logger' | 'metrics' | 'notices' | 'keyRing' | 'provider';

export interface AppOptions extends Pick<Services, Opened> {
  readonly node: NodeIdentity;
  readonly readiness: readonly ReadinessCheck[];
  /** Undefined when the dashboard has not been built. */
  readonly dashboard?: SinglePage | undefined;
  /** Jobs in addition to the server’s own. */
  readonly moreJobs?: readonly Job[];
}

export type App = ReturnType<typeof createApp>;

export function createApp(options: AppOptions) {
  const { config, db, audit, logger, metrics, node, notices, keyRing, provider } = options;
  // Read-only queries may be cancelled early; operations write, and use the other connections.
  const reading: Database = { ...db, query: db.reading.query };
  const jobs: readonly Job[] = [
    managedAccountRetryJob,
    expiredInvitationCleanupJob,
    retentionJob,
    ...(options.moreJobs ?? []),
  ];
  const handles = {
    ...options,
    reading,
    prisma: db.prisma,
    trail: audit.trail,
    nodeId: node.id,
    inserts: createInserts({ db, notices }),
    explanations: createExplanations({ reading, provider, config }),
    forecast: createForecast({ reading, provider, config }),
    feed: createChangeFeed({ db, notices }),
    jobs,
    scheduleExplanations: createScheduleExplanations({ reading, jobs, config }),
    denials: createDenials({ db, trail: audit.trail, logger }),
  };
  const services: Services = {
    ...handles,
    deliverer: createDeliverer(handles),
    // The scheduler needs the services for its runs, and operations need the scheduler to start runs.
    get scheduler(): Scheduler {
      return scheduler;
    },
  };
  const scheduler = createScheduler(services);
  const worker = createWorker(services);
  const keyWatch = createKeyWatch({ db, keyRing, nodeId: node.id });
  const resealingRunner = createResealingRunner(services);
  const bulkRunner = createBulkRunner(services);

  const access = createAccessControl(services);
  metrics.server.info.set(1, { version: VERSION });
  const publisher = createPublisher(services);
  const readings = createReadings(services);
  const embedded = config.DATABASE_URL === undefined ? embeddedFolder(config.DATA_DIR) : undefined;
  const ask = createAsking({
    rules: createRules(config.ALERT_THRESHOLDS, embedded),
    reading: db.reading,
    outage: db.outage,
  });
  const alerts = createAlertWatch({ ...services, ask });
  const { schema, graphql, http } = createFront(options, services, access);

  const upkeep = createUpkeep({
    ...services,
    wakes: [bulkRunner.wake, resealingRunner.wake, publisher.wake, services.deliverer.beat],
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
    resealingRunner,
    upkeep,
    scheduler,
    jobs,
    /** Stops all background work; waits at most `timeoutMs` for what is in progress. */
    async stop(timeoutMs: number): Promise<void> {
      readings.stop();
      services.feed.close();
      const runners = [worker, bulkRunner, upkeep, resealingRunner, alerts, publisher, services.deliverer];
      await Promise.all([...runners.map((one) => one.stop(timeoutMs)), scheduler.stop({ timeoutMs })]);
    },
    /** Starts the background work. The caller must already have arranged that `stop` is called. */
    async begin({ hasTimers = true } = {}): Promise<void> {
      notices.on({
        work: worker.wake,
        bulk: bulkRunner.wake,
        resealing: resealingRunner.wake,
        circuit: worker.reconsider,
        queue: worker.reconsider,
        keys: keyWatch.changed,
        schedules: () =>
          void scheduler
            .refresh()
            .catch((error: unknown) => db.outage.warn(error, 'Schedules could not be read again')),
      });
      // Changes of these also write events in the same transaction, but send only one notice.
      const { wake } = publisher;
      notices.on({ outbox: wake, circuit: wake, queue: wake, schedules: wake, keys: wake, access: wake });
      notices.on({ webhooks: services.deliverer.wake });
      if (hasTimers) await scheduler.start();
      readings.begin();
      alerts.begin();
      await upkeep.beat();
      worker.wake();
    },
  };
}

/**
 * Builds what handles requests: the HTTP server, its routes, authentication, GraphQL, and the schema with
 * its policies.
 */
function createFront(
  { dashboard, readiness }: AppOptions,
  services: Services,
  access: ReturnType<typeof createAccessControl>,
) {
  const { config, db, feed, logger, metrics } = services;
  const schema = buildSchema();
  maskPersonalData(schema, config.MASK_PERSONAL_DATA_FOR ?? []);
  const guard = config.REASON_REQUIRED === 'true' ? requireReason : () => undefined;
  const resolving = { ...services, mayFind, guard };
  const graphql = createGraphqlServer({
    schema,
    logger,
    outage: db.outage,
    metrics: metrics.graphql,
    config,
    shared: resolving,
    patience: feed.patience,
    access: [authorization(), endWithCredential()],
  });
  const exported = createExports(services, access.authenticator);
  const door = { gate: access.authenticator, signInAddress };
  const limitAddress = limitAddresses(callerRate(config), access.authenticator);
  const root = dashboard && { page: singlePage(dashboard, door), files: dashboard };
  const http = createHttpServer({
    page: root && limitAddress(root.page),
    logger,
    metrics: metrics.http,
    config,
    routes: createRoutes({
      graphql,
      services,
      ...(config.GRAPHIQL === 'true' ? { graphiql: graphiqlPage() } : {}),
      ...door,
      root,
      limitAddress,
      metrics,
      readiness,
      more: {
        ...access.routes,
        ...eventSchemaRoutes(),
        [AUDIT_EXPORT]: exported(auditExport(services)),
        [QUEUE_EXPORT]: exported(queueExport(schema, resolving)),
      },
    }),
  });
  return { schema, graphql, http };
}
