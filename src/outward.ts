/**
 * What others hear of: events published from the outbox, webhooks delivered, alerts watched.
 * Wired apart from app.ts, because nothing of the server's own work depends on it.
 */
import type { Acts } from './access/acts.ts';
import { bulkCure, suggestedCure } from './accounts/insight/failure-group-cures.rules.ts';
import { failureInWords } from './accounts/insight/failure-words.rules.ts';
import { createAlerts } from './alerts/alerts.ts';
import { nodeSilenceMs } from './config/node-silence.ts';
import { embeddedFolder } from './database/embedded/embedded.ts';
import { createPublisher } from './events/outbox/publisher.ts';
import { createReadings } from './readings.ts';
import { VERSION } from './version.ts';
import type { Services } from './work/context.ts';

/** What the schema needs of it. */
export type OutwardTools = ReturnType<typeof createOutward>['tools'];

export function createOutward(services: Services, acts: Acts) {
  const { config, db, notices, nodeId, keyRing, metrics, logger, provider, feed, deliverer } = services;
  metrics.server.info.set(1, { version: VERSION });
  const publisher = createPublisher(services);
  const readings = createReadings({
    db,
    provider: provider.name,
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
    tools: { feed, alerts: alerts.tools },
    /** From now on it publishes, delivers and watches; its caller has seen to it that it will be stopped. */
    begin(): void {
      readings.begin();
      alerts.watch.begin();
      // What changes the others writes its events with it, and sends one notice for both.
      const { wake } = publisher;
      notices.on({ outbox: wake, circuit: wake, queue: wake, schedules: wake, keys: wake, access: wake });
      notices.on({ webhooks: deliverer.wake });
      wake();
      deliverer.wake();
    },
    /** To be done at each heartbeat: the safety net for notices that were lost. */
    beat(): void {
      publisher.wake();
      deliverer.beat();
      alerts.watch.beat();
    },
    /** Ends what is in hand, within the time. */
    async stop(timeoutMs: number): Promise<void> {
      readings.stop();
      feed.close();
      await Promise.all([alerts.watch.stop(timeoutMs), publisher.stop(timeoutMs), deliverer.stop(timeoutMs)]);
    },
  };
}
