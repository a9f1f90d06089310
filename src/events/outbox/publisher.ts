/**
 * A node’s publisher: woken, it publishes batch after batch until nothing is left that may go. It
 * is woken by whoever wrote events, on any node, and by each heartbeat, so that a notice that was
 * lost leaves nothing behind; while another node publishes it looks again a little later, since
 * that one may have read before the last event was there.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Services } from '../../work/context.ts';
import { webhookTarget } from '../webhooks/target.ts';
import { notifyTarget } from './notify-target.ts';
import { publishBatch } from './publish-batch.ts';
import type { EventTarget } from './target.ts';

/** What is written within this time goes with one batch. */
const GATHERING_MS = 50;
/** Until it is looked again after another node was found at work, or after a fault. */
const LOOK_AGAIN_MS = 250;
const AFTER_FAULT_MS = 2_000;
const BATCH_SIZE = 500;

export type PublisherServices = Pick<Services, 'db' | 'config' | 'logger' | 'metrics' | 'notices'>;

export interface Publisher {
  /** There may be something to publish; many wakes in a row are one. */
  wake(): void;
  /** Ends after the batch in hand. */
  stop(timeoutMs: number): Promise<void>;
}

/** Creates the publisher; it does nothing until it is woken. */
export function createPublisher(
  { db, config, logger, metrics, notices }: PublisherServices,
  targets: readonly EventTarget[] = [notifyTarget, webhookTarget(config)],
): Publisher {
  const options = { db, targets, mostAttempts: config.EVENT_ATTEMPTS, batchSize: BATCH_SIZE };
  let isStopping = false;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let endedAt = Number.NEGATIVE_INFINITY;
  let wasWoken = false;
  /** When the next event that failed has its turn; the heartbeats see to those of other nodes. */
  let retryAt = Number.POSITIVE_INFINITY;

  const wakeIn = (ms: number): void => {
    const at = performance.now() + ms;
    if (isStopping || at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(() => {
      timerAt = Number.POSITIVE_INFINITY;
      start();
    }, ms);
    timer.unref();
  };
  const start = (): void => {
    if (isStopping) return;
    if (running !== undefined) {
      wasWoken = true;
      return;
    }
    if (performance.now() >= retryAt) retryAt = Number.POSITIVE_INFINITY;
    running = publishAll()
      .catch((error: unknown) => {
        db.outage.warn(error, 'Events could not be published; trying again');
        wakeIn(AFTER_FAULT_MS);
      })
      .finally(() => {
        running = undefined;
        endedAt = performance.now();
        if (wasWoken) wakeIn(GATHERING_MS);
        else if (retryAt < Number.POSITIVE_INFINITY) wakeIn(Math.max(0, retryAt - endedAt));
        wasWoken = false;
      });
  };

  const publishAll = async (): Promise<void> => {
    while (!isStopping) {
      const result = await publishBatch(options);
      if (result.kind === 'busy') return wakeIn(LOOK_AGAIN_MS);
      if (result.publishedCount > 0) {
        metrics.outbox.published.inc(result.publishedCount);
        notices.notify('webhooks');
      }
      for (const { event, error, isParked, waitMs } of result.failed) {
        const fields = {
          eventId: event.eventId,
          eventType: event.eventType,
          aggregateId: event.aggregateId,
          err: error,
        };
        if (isParked)
          logger.error(
            fields,
            `Event ${event.eventId} could not be published and is parked; redeliverOutboxEvent tries it again`,
          );
        else {
          logger.warn(
            fields,
            `Event ${event.eventId} could not be published; it is tried again in ${waitMs / 1_000} s`,
          );
          retryAt = Math.min(retryAt, performance.now() + waitMs + 10);
        }
      }
      if (result.readCount < BATCH_SIZE) return;
    }
  };

  return {
    wake() {
      // The first after a silence goes at once.
      wakeIn(Math.max(0, endedAt + GATHERING_MS - performance.now()));
    },
    async stop(timeoutMs) {
      isStopping = true;
      clearTimeout(timer);
      await Promise.race([running, delay(timeoutMs, undefined, { ref: false })]);
    },
  };
}
