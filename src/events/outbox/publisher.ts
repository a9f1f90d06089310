/**
 * A node’s publisher: woken, it publishes batch after batch until nothing is left that may go. It
 * is woken by whoever wrote events, on any node, and by each heartbeat, so that a notice that was
 * lost leaves nothing behind; while another node publishes it looks again a little later, since
 * that one may have read before the last event was there.
 */
import type { Services } from '../../work/context.ts';
import { type Loop, loop, UNTIL_WOKEN } from '../../work/loop.ts';
import { webhookTarget } from '../webhooks/target.ts';
import { type JudgedFailure, publishBatch } from './publish-batch.ts';
import type { EventTarget } from './target.ts';
import { notifyTarget } from './target.ts';

/** What is written within this time goes with one batch. */
const GATHERING_MS = 50;
/** Until it is looked again after another node was found at work. */
const LOOK_AGAIN_MS = 250;
const BATCH_SIZE = 500;

export type PublisherServices = Pick<Services, 'db' | 'config' | 'logger' | 'metrics' | 'notices'>;

/** Creates the publisher; it does nothing until it is woken. Stopped, it ends after the batch in hand. */
export function createPublisher(
  { db, config, logger, metrics, notices }: PublisherServices,
  targets: readonly EventTarget[] = [notifyTarget, webhookTarget(config)],
): Loop {
  const options = { db, targets, mostAttempts: config.eventAttempts, batchSize: BATCH_SIZE };
  /** When the next event that failed is due, by performance.now(); the heartbeats see to those of other nodes. */
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
      if (result.kind === 'busy') return LOOK_AGAIN_MS;
      if (result.publishedCount > 0) {
        metrics.outbox.published.inc(result.publishedCount);
        notices.notify('webhooks');
      }
      result.failed.forEach(reportFailed);
      return result.readCount < BATCH_SIZE ? retryAt - performance.now() : 0;
    },
  });
}
