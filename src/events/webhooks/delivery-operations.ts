/** What operators do with deliveries: try a webhook out, and have deliveries made again. */
import { randomUUID } from 'node:crypto';
import type { Acted, Acts } from '../../access/acts.ts';
import { type Digester, digestFields, idempotently } from '../../access/idempotency.ts';
import type { Queryable } from '../../database/database.ts';
import { type InputIssue, InvalidInputError, InvalidStateError } from '../../refusals.ts';
import type { Caller } from '../../work/caller.ts';
import { CATALOG, type NewEvent } from '../../work/event-types.rules.ts';
import type { Notices } from '../../work/notices.ts';
import { toCloudEvent } from '../outbox/cloud-event.rules.ts';
import { findClaimed } from './claim.ts';
import type { Deliverer } from './deliverer.ts';
import { idempotencyKeyIssues } from './input.ts';
import { MOST_REDELIVERED, type Portion, redeliverOne, redeliverSpan, type Span, webhookOf } from './redeliver.ts';
import { lockWebhook, requireWebhook } from './webhooks.ts';

export interface DeliveryTools {
  readonly db: Queryable;
  readonly acts: Acts;
  readonly digester: Digester;
  readonly notices: Pick<Notices, 'notify'>;
  readonly deliverer: Pick<Deliverer, 'deliver'>;
  readonly nodeId: string;
  readonly leaseMs: number;
  /** As it stands in the envelope of events. */
  readonly source: string;
}

export interface TestRequest {
  readonly webhookId: string;
  readonly idempotencyKey?: string | null;
}

/** A delivery, or a webhook with a span. */
export interface RedeliverRequest {
  readonly deliveryId?: string | null;
  readonly webhookId?: string | null;
  readonly from?: Date | null;
  readonly to?: Date | null;
  readonly isAll?: boolean | null;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

/** Of one webhook, at the same time. */
const MOST_TESTS = 3;

export interface Redelivered {
  readonly webhookId: string;
  readonly count: number;
  readonly isReplay: boolean;
}

export type DeliveryOperations = ReturnType<typeof createDeliveryOperations>;

/** Each throws InvalidInputError, NotFoundError or IdempotencyConflictError. */
export function createDeliveryOperations({ db, acts, digester, notices, deliverer, ...lease }: DeliveryTools) {
  return {
    /**
     * Sends a test now, in whatever state the webhook is, and answers its delivery once it has ended. It is
     * tried once. Throws InvalidStateError while several are under way: tests are no load of any size.
     */
    async test(
      caller: Caller,
      { webhookId, idempotencyKey: key }: TestRequest,
    ): Promise<{ deliveryId: string; isReplay: boolean }> {
      requireNone(idempotencyKeyIssues(key));
      const call = { caller: caller.id, mutation: 'testWebhook', key, digests: digestFields(digester, { webhookId }) };
      const { resultId: deliveryId, isReplay } = await acts.transaction((tx, acted) =>
        idempotently(tx, call, async () => {
          await lockWebhook(tx, webhookId);
          await requireFewTests(tx, webhookId);
          const id = await insertTest(tx, caller, webhookId, lease);
          acted({
            caller,
            action: 'testWebhook',
            target: { type: 'Webhook', id: webhookId },
            after: { deliveryId: id },
          });
          return id;
        }),
      );
      // Its webhook may be gone since, and its delivery with it.
      if (isReplay) await webhookOf(db, deliveryId, true);
      const claimed = isReplay ? undefined : await findClaimed(db, deliveryId);
      if (claimed !== undefined) await deliverer.deliver(claimed);
      return { deliveryId, isReplay };
    },

    /**
     * Has one delivery made again, or what failed of a webhook's in a span of time, in portions of which
     * each is on record by itself. Throws InvalidStateError for a test.
     */
    async redeliver(caller: Caller, request: RedeliverRequest): Promise<Redelivered> {
      const wanted = readRequest(request);
      const { idempotencyKey: key, ...rest } = request;
      const call = { caller: caller.id, mutation: 'redeliverWebhook', key, digests: digestFields(digester, rest) };
      const redeliverSome = async (tx: Queryable, acted: Acted, id: string, after?: bigint): Promise<Portion> => {
        await lockWebhook(tx, id);
        const portion =
          'deliveryId' in wanted
            ? { count: Number(await redeliverOne(tx, caller, wanted.deliveryId)), next: undefined }
            : await redeliverSpan(tx, caller, wanted, after);
        const { count } = portion;
        const target = { type: 'Webhook', id };
        const { reason } = request;
        if (count > 0)
          acted({ caller, action: 'redeliverWebhook', target, reason, after: { ...shownOf(wanted), count } });
        return portion;
      };
      let count = 0;
      let next: bigint | undefined;
      const { resultId: webhookId, isReplay } = await acts.transaction((tx, acted) =>
        idempotently(tx, call, async () => {
          const id = 'deliveryId' in wanted ? await webhookOf(tx, wanted.deliveryId) : wanted.webhookId;
          ({ count, next } = await redeliverSome(tx, acted, id));
          return id;
        }),
      );
      while (next !== undefined && count < MOST_REDELIVERED) {
        const after = next;
        const portion = await acts.transaction((tx, acted) => redeliverSome(tx, acted, webhookId, after));
        count += portion.count;
        next = portion.next;
      }
      if (isReplay) await requireWebhook(db, webhookId);
      notices.notify('webhooks');
      return { webhookId, count, isReplay };
    },
  };
}

/** Served by webhook_deliveries_status_idx; the webhook's row is held, so that two requests cannot both be the last. */
async function requireFewTests(tx: Queryable, webhookId: string): Promise<void> {
  const under = await tx.query(
    `SELECT FROM auth.webhook_deliveries WHERE webhook_id = $1 AND status = 'pending' AND is_test LIMIT $2`,
    [webhookId, MOST_TESTS],
  );
  if (under.length === MOST_TESTS)
    throw new InvalidStateError(`${MOST_TESTS} tests of this webhook are under way. Wait until one has ended.`);
}

/** It is claimed as it is made: its request delivers it, and only if that breaks off somebody else does. */
async function insertTest(
  tx: Queryable,
  caller: Caller,
  webhookId: string,
  { nodeId, leaseMs, source }: Pick<DeliveryTools, 'nodeId' | 'leaseMs' | 'source'>,
): Promise<string> {
  const { eventType, aggregateType, aggregateId, payload }: NewEvent = {
    eventType: 'WebhookTested',
    aggregateType: 'Webhook',
    aggregateId: webhookId,
    payload: { webhookId, actor: caller.name },
  };
  const [deliveryId, eventId] = [randomUUID(), randomUUID()];
  const [clock] = await tx.query<{ now: Date }>('SELECT now() AS now');
  const createdAt = clock?.now ?? new Date();
  const eventVersion = CATALOG[eventType].version;
  const event = {
    eventId,
    eventType,
    eventVersion,
    aggregateType,
    aggregateId,
    familyId: null,
    payload,
    sequence: '0',
    createdAt,
    isRedelivery: false,
  };
  await tx.query(
    `INSERT INTO auth.webhook_deliveries
       (id, webhook_id, event_id, event_type, aggregate_id, body, is_test, due_at, lease_token, lease_node_id, leased_at,
        attempt_count, series_attempt_count, series_started_at)
     VALUES ($1, $2, $3, $4, $5, $6, true, now() + $8 * interval '1 millisecond', gen_random_uuid(), $7, now(), 1, 1, now())`,
    [deliveryId, webhookId, eventId, eventType, eventId, JSON.stringify(toCloudEvent(event, source)), nodeId, leaseMs],
  );
  return deliveryId;
}

const shownOf = (wanted: { readonly deliveryId: string } | Span) =>
  'deliveryId' in wanted
    ? wanted
    : { from: wanted.from.toISOString(), to: wanted.to.toISOString(), isAll: wanted.isAll };

function readRequest({
  deliveryId,
  webhookId,
  from,
  to,
  isAll,
  idempotencyKey,
}: RedeliverRequest): { readonly deliveryId: string } | Span {
  const issues: InputIssue[] = idempotencyKeyIssues(idempotencyKey);
  if (deliveryId && !webhookId && !from && !to) {
    requireNone(issues);
    return { deliveryId };
  }
  if (deliveryId || !webhookId || !from || !to)
    issues.push({
      path: [],
      code: 'REQUIRED',
      message: 'Give either deliveryId alone, or webhookId with from and to.',
    });
  else if (from >= to) issues.push({ path: ['to'], code: 'NOT_AFTER_FROM', message: 'must be after `from`.' });
  requireNone(issues);
  return { webhookId: webhookId ?? '', from: from ?? new Date(0), to: to ?? new Date(0), isAll: isAll ?? false };
}

function requireNone(issues: readonly InputIssue[]): void {
  if (issues.length > 0) throw new InvalidInputError(issues);
}
