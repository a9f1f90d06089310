/**
 * A node’s publisher: when woken, it publishes batch after batch until no event is due. Every transaction
 * that wrote events wakes it, on any node, and so does each heartbeat, in case a notice was lost. While
 * another node publishes, it checks again a little later: that node may have read before the last event was
 * committed.
 */
import type { Services } from '../../work/context.ts';
import { type Loop, loop, UNTIL_WOKEN } from '../../work/loop.ts';
import { webhookTarget } from '../webhooks/target.ts';
import { type JudgedFailure, publishBatch } from './publish-batch.ts';
import { type EventTarget, notifyTarget } from './target.ts';

/** Events that are written within this time go into one batch. */
const GATHERING_MS = 50;
/** How soon to check again while another node publishes. */
const CHECK_AGAIN_MS = 250;
const BATCH_SIZE = 500;

export type PublisherServices = Pick<Services, 'db' | 'config' | 'logger' | 'metrics' | 'notices'>;

/** Creates the publisher; it does nothing until it is woken. When stopped, it ends after the current batch. */
export function createPublisher(
  { db, config, logger, metrics, notices }: PublisherServices,
  targets: readonly EventTarget[] = [notifyTarget, webhookTarget(config)],
): Loop {
  const options = { db, targets, mostAttempts: config.eventAttempts, batchSize: BATCH_SIZE };
  /** When the next failed event is due, by performance.now(); for those of other nodes the heartbeats wake it. */
  let retryAt = UNTIL_WOKEN;

  const reportFailed = ({ event, error, isParked, waitMs }: JudgedFailure): void => {
    const { eventId, eventType, aggregateId } = event;
    const fields = { eventId, eventType, aggregateId, err: error };
    const problem = `Event ${eventId} could not be published`;
    if (isParked) {
      logger.error(fields, `${problem} and is parked; redeliverOutboxEvent tries it again`);
      return;
    }
    logger.warn(fields, `${problem}; it is tried again in ${waitMs / 1_000} s`);
    retryAt = Math.min(retryAt, performance.now() + waitMs + 10);
  };

  return loop({
    name: 'Publishing events',
    outage: db.outage,
    gatherMs: GATHERING_MS,
    async once() {
      if (performance.now() >= retryAt) retryAt = UNTIL_WOKEN;
      const result = await publishBatch(options);
      if (result.kind === 'busy') return CHECK_AGAIN_MS;
      if (result.publishedCount > 0) {
        metrics.outbox.published.inc(result.publishedCount);
        notices.notify('webhooks');
      }
      result.failed.forEach(reportFailed);
      return result.readCount < BATCH_SIZE ? retryAt - performance.now() : 0;
    },
  });
}
