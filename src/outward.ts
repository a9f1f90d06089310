/**
 * What others hear of: events published from the outbox, webhooks delivered, alerts watched.
 * Wired apart from app.ts, because nothing of the server's own work depends on it.
 */
import type { Acts } from './access/acts.ts';
import { bulkCure, suggestedCure } from './accounts/insight/failure-group-cures.rules.ts';
import { failureInWords } from './accounts/insight/failure-words.rules.ts';
import { createAlerts } from './alerts/alerts.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import { nodeSilenceMs } from './config/node-silence.ts';
import type { Database } from './database/database.ts';
import { embeddedFolder } from './database/embedded/embedded.ts';
import type { ChangeFeed } from './events/changes/change-feed.ts';
import { notifyTarget } from './events/outbox/notify-target.ts';
import { createOutboxOperations } from './events/outbox/outbox-operations.ts';
import { createPublisher } from './events/outbox/publisher.ts';
import { createWebhooks } from './events/webhooks/create-webhooks.ts';
import type { ServerMetrics } from './metrics.ts';
import { createReadings } from './readings.ts';
import type { KeyRing } from './sealing/key-ring.ts';
import type { Logger } from './telemetry/logger.ts';
import { VERSION } from './version.ts';
import type { Notices } from './work/notices.ts';

export interface OutwardOptions {
  readonly config: Config;
  readonly db: Database;
  /** For what only reads, and so may be cut short. */
  readonly reading: Database;
  readonly acts: Acts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ServerMetrics;
  readonly notices: Notices;
  readonly nodeId: string;
  /** The identity provider's name. */
  readonly provider: string;
  readonly keyRing: KeyRing;
  readonly feed: ChangeFeed;
}

/** What the schema needs of it. */
export type OutwardTools = ReturnType<typeof createOutward>['tools'];

export function createOutward(options: OutwardOptions) {
  const { config, db, acts, notices, nodeId, keyRing, metrics, logger, provider, feed } = options;
  metrics.server.info.set(1, { version: VERSION });
  const webhooks = createWebhooks({
    config,
    db,
    acts,
    keyRing,
    notices,
    nodeId,
    logger,
    observe: (outcome, durationMs) => metrics.webhooks.attempts.observe(durationMs / 1_000, { outcome }),
  });
  const publisher = createPublisher({
    db,
    targets: [notifyTarget, webhooks.target],
    mostAttempts: config.EVENT_ATTEMPTS,
    logger,
    onPublished(count) {
      metrics.outbox.published.inc(count);
      notices.notify('webhooks');
    },
  });
  const readings = createReadings({
    db,
    provider,
    metrics,
    logger,
    intervalMs: config.METRICS_INTERVAL,
    silenceMs: nodeSilenceMs(config),
  });
  const alerts = createAlerts({
    db,
    acts,
    digester: keyRing,
    notices,
    nodeId,
    logger,
    settings: config,
    suggestedCure,
    failureInWords,
    bulkCure,
    dataDir: config.DATABASE_URL === undefined ? embeddedFolder(config.DATA_DIR) : undefined,
  });
  return {
    alerts: alerts.watch,
    tools: {
      feed,
      outbox: createOutboxOperations({ acts, notices, digester: keyRing }),
      alerts: alerts.tools,
      ...webhooks.tools,
    },
    /** From now on it publishes, delivers and watches; its caller has seen to it that it will be stopped. */
    begin(): void {
      readings.begin();
      alerts.watch.begin();
      // What changes the others writes its events with it, and sends one notice for both.
      const { wake } = publisher;
      notices.on({ outbox: wake, circuit: wake, queue: wake, schedules: wake, keys: wake, access: wake });
      wake();
      webhooks.begin();
    },
    /** To be done at each heartbeat: the safety net for notices that were lost. */
    beat(): void {
      publisher.wake();
      webhooks.beat();
      alerts.watch.beat();
    },
    /** Ends what is in hand, within the time. */
    async stop(timeoutMs: number): Promise<void> {
      readings.stop();
      feed.close();
      await Promise.all([alerts.watch.stop(timeoutMs), publisher.stop(timeoutMs), webhooks.stop(timeoutMs)]);
    },
  };
}
