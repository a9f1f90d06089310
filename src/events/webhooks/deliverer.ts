/**
 * A node's deliverer: when woken, it claims and sends the deliveries that are due. Each webhook has a limit
 * of concurrent deliveries, so that a receiver that hangs delays only its own. It is woken when events are
 * published, when a delivery ends, by its timer for deliveries that are due later, and by each heartbeat,
 * to take over the leases of killed nodes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createBatcher } from '../../database/batcher.ts';
import { isPassing } from '../../database/recovery.ts';
import { inSpan, markFailed, traceHeaders } from '../../telemetry/tracing.ts';
import { within } from '../../within.ts';
import type { Services } from '../../work/context.ts';
import { loop, UNTIL_WOKEN } from '../../work/loop.ts';
import { type ClaimedDelivery, claimDue, nextDueInMs } from './claim.ts';
import { type Closed, type CloseServices, closeAttempts, type EndedAttempt } from './close.ts';
import { mendHeads } from './heads.ts';
import { type Judged, judge, type SendResult } from './outcome.rules.ts';
import { openSecrets } from './secrets.ts';
import { resolveHost, send } from './send.ts';
import { signatureHeaders } from './signature.rules.ts';
import { urlPolicy } from './webhook-url.rules.ts';

export type DelivererServices = CloseServices & Pick<Services, 'keyRing' | 'metrics'>;

export interface Deliverer {
  /** Sends what is due now; several wakes in a row count as one. */
  wake(): void;
  /** The same, and first fixes deliveries that nothing else would ever make due (heads.ts). */
  beat(): void;
  /** Sends a delivery that the caller has claimed; returns how the attempt ended. */
  deliver(delivery: ClaimedDelivery): Promise<Judged>;
  /** Claims nothing more; attempts in progress may end within the time, and are then aborted and released. */
  stop(timeoutMs: number): Promise<void>;
}

/** The longest wait of the timer; a notice or a heartbeat usually comes first. */
const LONGEST_SLEEP_MS = 60_000;
const LARGEST_BATCH = 100;
/** How soon to retry storing a result while the database is unreachable: well before the lease ends. */
const CLOSE_AGAIN_MS = 500;
/** The time to store that requests were aborted when the node stops. */
const LAST_WORDS_MS = 2_000;

/** Creates the deliverer; it does nothing until it is woken. */
export function createDeliverer(services: DelivererServices): Deliverer {
  const { db, logger, config, metrics } = services;
  const stopping = new AbortController();
  const attempts = new Set<Promise<unknown>>();
  // All results share one connection to the database, because the queue needs the others.
  const closes = createBatcher<EndedAttempt, Closed>({
    flush: (all) => closeAttempts(services, all),
    largest: LARGEST_BATCH,
    lanes: 1,
  });
  /** The number of deliveries in progress, by webhook. */
  const busy = new Map<string, number>();
  let wasBeaten = false;
  /** When the next delivery is due, by performance.now(). */
  let dueAt = UNTIL_WOKEN;

  const full = (): string[] => [...busy].flatMap(([id, count]) => (count < config.webhookConcurrency ? [] : [id]));

  const { wake, stop } = loop({
    name: 'Claiming webhook deliveries',
    outage: db.outage,
    async once() {
      if (performance.now() >= dueAt) dueAt = UNTIL_WOKEN;
      if (wasBeaten) await mend();
      const claimed = await claimDue(db, services, busy);
      for (const delivery of claimed) start(delivery);
      // If any were claimed, the end of each wakes the loop again.
      const ms = claimed.length > 0 ? undefined : await nextDueInMs(db, full());
      if (ms !== undefined) dueAt = performance.now() + Math.min(Math.max(ms, 10), LONGEST_SLEEP_MS);
      return dueAt - performance.now();
    },
  });

  const mend = async (): Promise<void> => {
    const count = await mendHeads(db);
    wasBeaten = false;
    if (count > 0) logger.warn({ count }, 'Webhook deliveries waited behind nothing; they are sent now');
  };

  const start = (delivery: ClaimedDelivery): void => {
    const { webhookId } = delivery;
    busy.set(webhookId, (busy.get(webhookId) ?? 0) + 1);
    const attempt = deliver(delivery)
      .catch((error: unknown) =>
        db.outage.warn(
          error,
          'Results of webhook deliveries could not be written; they are delivered again when their leases end',
        ),
      )
      .finally(() => {
        attempts.delete(attempt);
        const left = (busy.get(webhookId) ?? 1) - 1;
        if (left > 0) busy.set(webhookId, left);
        else busy.delete(webhookId);
        wake();
      });
    attempts.add(attempt);
  };

  const deliver = (delivery: ClaimedDelivery): Promise<Judged> =>
    inSpan('deliver webhook', { kind: 'client' }, async (span) => {
      span?.setAttributes({
        'family_hub.webhook_id': delivery.webhookId,
        'family_hub.delivery_id': delivery.id,
        'cloudevents.event_id': delivery.eventId,
      });
      const judged = await attempt(delivery);
      span?.setAttributes({ 'http.response.status_code': judged.httpStatus ?? undefined });
      if (judged.outcome !== 'delivered') markFailed(span, judged.outcome);
      return judged;
    });

  const attempt = async (delivery: ClaimedDelivery): Promise<Judged> => {
    const begun = performance.now();
    const judged = judge(await sendSigned(services, delivery, stopping.signal), clockOf(delivery, begun));
    const finishedAt = clockOf(delivery, begun);
    metrics.webhooks.attempts.observe((performance.now() - begun) / 1_000, { outcome: judged.outcome });
    await close({ delivery, judged, startedAt: delivery.claimedAt, finishedAt });
    return judged;
  };

  let pausing: Promise<void> | undefined;
  /** One pause shared by all results that wait. */
  const pause = (): Promise<void> => {
    pausing ??= delay(CLOSE_AGAIN_MS, undefined, { ref: false, signal: stopping.signal })
      .catch(() => undefined)
      .finally(() => {
        pausing = undefined;
      });
    return pausing;
  };
  /** Retries while the database is unreachable: without a result the delivery is sent again when its lease ends. */
  const write = async (ended: EndedAttempt): Promise<Closed> => {
    for (;;) {
      try {
        return await closes.add(ended);
      } catch (error) {
        if (!isPassing(error) || stopping.signal.aborted) throw error;
        db.outage.warn(error, 'Ends of webhook deliveries could not be written; trying again');
        await pause();
      }
    }
  };

  const close = async (ended: EndedAttempt): Promise<void> => {
    const { delivery, judged } = ended;
    const line = { webhookId: delivery.webhookId, deliveryId: delivery.id, outcome: judged.outcome };
    const { isWritten, isFirstFailure, isGivenUp, disabledBecause } = await write(ended);
    if (!isWritten) logger.info(line, 'A webhook delivery was taken over by another node, or its webhook is gone');
    else if (isFirstFailure || isGivenUp)
      logger.warn(
        { ...line, httpStatus: judged.httpStatus, problem: judged.message },
        isGivenUp ? 'A webhook delivery failed' : 'A webhook does not take what it is sent; it is tried again',
      );
    else logger.debug(line, 'An attempt to deliver to a webhook ended');
    if (disabledBecause !== undefined)
      logger.warn({ webhookId: delivery.webhookId, reason: disabledBecause }, 'A webhook was disabled');
  };

  return {
    wake,
    beat() {
      wasBeaten = true;
      wake();
    },
    deliver,
    async stop(timeoutMs) {
      const ended = (async () => {
        await stop();
        while (attempts.size > 0) await Promise.allSettled([...attempts]);
      })();
      await within(timeoutMs, ended);
      stopping.abort();
      await within(LAST_WORDS_MS, ended);
    },
  };
}

/** The database's time: that of the claim, plus the time that has passed here since. */
const clockOf = ({ claimedAt }: ClaimedDelivery, begun: number): Date =>
  new Date(claimedAt.getTime() + Math.round(performance.now() - begun));

async function sendSigned(
  { config, keyRing }: DelivererServices,
  delivery: ClaimedDelivery,
  stopping: AbortSignal,
): Promise<SendResult> {
  const secrets = await openSecrets(keyRing, delivery.secrets);
  if (secrets.length === 0)
    return {
      kind: 'failure',
      outcome: 'secret_lost',
      message: 'No secret of the webhook can be opened. Make another with "rotateWebhookSecret".',
    };
  const { eventId: id, body, url } = delivery;
  // Receivers compare the timestamp with real time, so it is taken from this machine's clock.
  const headers = { ...signatureHeaders({ id, at: new Date(), body }, secrets), ...traceHeaders() };
  const tools = { resolve: resolveHost, policy: urlPolicy(config), timeoutMs: config.webhookTimeoutMs };
  return send(tools, { url, body, headers }, stopping);
}
