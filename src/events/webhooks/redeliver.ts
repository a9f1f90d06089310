/**
 * Redelivers, under the webhook's lock. The same rows start a new series of attempts, so that a delivery
 * keeps its history and the receiver sees the same id. The deliveries of each aggregate are sent in order,
 * after one that is in progress.
 */
import { idempotencyKeyIssues } from '../../access/idempotency.rules.ts';
import { once } from '../../access/idempotency.ts';
import type { Queryable } from '../../database/database.ts';
import { type InputIssue, InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { Caller } from '../../work/caller.ts';
import type { Context } from '../../work/context.ts';
import { type UnitTransaction, unit } from '../../work/unit.ts';
import { requireNone } from './input.ts';
import { lockWebhook, requireWebhook } from './webhooks.ts';

/** Either one delivery, or a webhook with a span of time. */
export interface RedeliverRequest {
  readonly deliveryId?: string | null;
  readonly webhookId?: string | null;
  readonly from?: Date | null;
  readonly to?: Date | null;
  readonly isAll?: boolean | null;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface Redelivered {
  readonly webhookId: string;
  readonly count: number;
  readonly isReplay: boolean;
}

/** How many deliveries one request restarts at most. */
export const MOST_REDELIVERED = 10_000;

/** How many deliveries one transaction restarts: the publisher waits for the lock on the webhook. */
const PORTION = 1_000;

export interface Span {
  readonly webhookId: string;
  /** Inclusive. */
  readonly from: Date;
  readonly to: Date;
  /** Also the deliveries that succeeded. */
  readonly isAll: boolean;
}

type Wanted = { readonly deliveryId: string } | Span;

/**
 * Redelivers one delivery, or the failed deliveries of a webhook in a span of time; the latter in batches,
 * each with its own audit entry. Throws InvalidInputError, NotFoundError, IdempotencyConflictError, or
 * InvalidStateError for a test.
 */
export async function redeliverWebhook(ctx: Context, request: RedeliverRequest): Promise<Redelivered> {
  const wanted = readRequest(request);
  const { idempotencyKey: key, ...input } = request;
  let portion: Portion = { count: 0, next: undefined };
  const { resultId: webhookId, isReplay } = await unit(ctx, (tx) =>
    once(tx, ctx, { mutation: 'redeliverWebhook', key, input }, async () => {
      const id = 'deliveryId' in wanted ? await webhookOf(tx, wanted.deliveryId) : wanted.webhookId;
      portion = await redeliverSome(tx, ctx.caller, id, wanted, request.reason);
      return id;
    }),
  );
  let { count, next } = portion;
  while (next !== undefined && count < MOST_REDELIVERED) {
    const after = next;
    portion = await unit(ctx, (tx) => redeliverSome(tx, ctx.caller, webhookId, wanted, request.reason, after));
    count += portion.count;
    next = portion.next;
  }
  if (isReplay) await requireWebhook(ctx.db, webhookId);
  return { webhookId, count, isReplay };
}

async function redeliverSome(
  tx: UnitTransaction,
  caller: Caller,
  id: string,
  wanted: Wanted,
  reason: string | null | undefined,
  after?: bigint,
): Promise<Portion> {
  await lockWebhook(tx, id);
  const portion =
    'deliveryId' in wanted
      ? { count: Number(await redeliverOne(tx, caller, wanted.deliveryId)), next: undefined }
      : await redeliverSpan(tx, caller, wanted, after);
  const { count } = portion;
  if (count > 0) tx.happened('deliveriesRedelivered', { id, reason, after: { ...shownOf(wanted), count } });
  return portion;
}

const shownOf = (wanted: Wanted) =>
  'deliveryId' in wanted
    ? wanted
    : { from: wanted.from.toISOString(), to: wanted.to.toISOString(), isAll: wanted.isAll };

function readRequest({ deliveryId, webhookId, from, to, isAll, idempotencyKey }: RedeliverRequest): Wanted {
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

/** Returns the webhook of a delivery. Throws NotFoundError, or InvalidStateError for a test unless `isTestMeant`. */
export async function webhookOf(tx: Queryable, deliveryId: string, isTestMeant = false): Promise<string> {
  const [row] = await tx.query<{ webhookId: string; isTest: boolean }>(
    'SELECT webhook_id AS "webhookId", is_test AS "isTest" FROM auth.webhook_deliveries WHERE id = $1',
    [deliveryId],
  );
  if (row === undefined)
    throw new NotFoundError(
      `There is no delivery with the id ${deliveryId}; it may have been deleted (HISTORY_RETENTION). List them with "webhook { deliveries }".`,
    );
  if (row.isTest && !isTestMeant)
    throw new InvalidStateError('This delivery is a test. Make another with "testWebhook".');
  return row.webhookId;
}

/** Restarts one delivery in any state, unless it is in progress. Returns whether it was restarted. */
export async function redeliverOne(tx: Queryable, caller: Caller, deliveryId: string): Promise<boolean> {
  const rows = await tx.query(
    `WITH chosen AS (
       SELECT id, webhook_id, aggregate_id, true AS is_first FROM auth.webhook_deliveries
       WHERE id = $1 AND lease_token IS NULL
     ) ${BEGIN_ANEW}`,
    [deliveryId, caller.name],
  );
  return rows.length > 0;
}

export interface Portion {
  readonly count: number;
  /** The next batch begins behind this position; undefined when there is none. */
  readonly next: bigint | undefined;
}

/** Restarts a batch of the deliveries in the span that failed, the oldest first, from behind the position `after`. */
export async function redeliverSpan(
  tx: Queryable,
  caller: Caller,
  { webhookId, from, to, isAll }: Span,
  after = 0n,
): Promise<Portion> {
  const rows = await tx.query<{ position: string }>(
    `WITH chosen AS (
       SELECT id, webhook_id, aggregate_id, row_number() OVER (PARTITION BY aggregate_id ORDER BY position) = 1 AS is_first
       FROM (
         SELECT id, webhook_id, aggregate_id, position FROM auth.webhook_deliveries
         WHERE webhook_id = $1 AND (status = 'failed' OR ($5 AND status = 'delivered')) AND NOT is_test
           AND created_at >= $3 AND created_at < $4 AND position > $7
         ORDER BY position LIMIT $6
       ) AS closed
     ) ${BEGIN_ANEW}`,
    [webhookId, caller.name, from, to, isAll, PORTION, String(after)],
  );
  const last = rows.reduce((most, { position }) => (BigInt(position) > most ? BigInt(position) : most), after);
  return { count: rows.length, next: rows.length < PORTION ? undefined : last };
}

// Only the first of an aggregate becomes due, unless another one is already due or in progress.
const BEGIN_ANEW = `
  UPDATE auth.webhook_deliveries AS delivery
  SET status = 'pending', closed_at = NULL, series_attempt_count = 0, series_started_at = NULL,
      redelivered_at = now(), redelivered_by = $2,
      due_at = CASE WHEN chosen.is_first AND NOT EXISTS (
                 SELECT FROM auth.webhook_deliveries AS other
                 WHERE other.webhook_id = chosen.webhook_id AND other.aggregate_id = chosen.aggregate_id
                   AND other.status = 'pending' AND other.due_at IS NOT NULL AND other.id <> chosen.id
               ) THEN now() END
  FROM chosen WHERE delivery.id = chosen.id AND delivery.lease_token IS NULL
  RETURNING delivery.position::text AS position`;
