/**
 * Stores how attempts ended, and the consequences for their deliveries (delivered, retried, failed), for
 * the deliveries that wait behind them, and for the webhooks: one that fails for days is disabled, with an
 * event. Attempts that end together are stored together. The webhooks' rows are locked first, as the
 * publisher locks them: it must know which deliveries are pending.
 */
import { asSystem, type Services } from '../../work/context.ts';
import { type UnitContext, unit } from '../../work/unit.ts';
import { nextAttemptAt } from './back-off.rules.ts';
import type { ClaimedDelivery } from './claim.ts';
import { afterAttempt, type Judged, type WebhookHealth } from './outcome.rules.ts';

export type CloseServices = Omit<UnitContext, 'caller'> & Pick<Services, 'config' | 'nodeId'>;

export interface EndedAttempt {
  readonly delivery: ClaimedDelivery;
  readonly judged: Judged;
  /** Both by the database's clock. */
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

export interface Closed {
  /** False: the lease was lost, and nothing was written. */
  readonly isWritten: boolean;
  /** It was the first failure since the last success. */
  readonly isFirstFailure: boolean;
  readonly isGivenUp: boolean;
  /** Why this attempt disabled its webhook. */
  readonly disabledBecause?: string;
}

const LOST: Closed = { isWritten: false, isFirstFailure: false, isGivenUp: false };

/** Stores all attempts in one transaction; returns one result for each, in their order. */
export function closeAttempts(services: CloseServices, all: readonly EndedAttempt[]): Promise<Closed[]> {
  const { config, nodeId, ...ctx } = asSystem(services, 'webhooks');
  return unit(ctx, async (tx) => {
    const webhooks = new Map<string, WebhookHealth>();
    const ids = [...new Set(all.map(({ delivery }) => delivery.webhookId))];
    for (const { id, state, failingSince, lastSuccessAt } of await tx.query<WebhookHealth & { id: string }>(LOCK, [
      ids,
    ]))
      webhooks.set(id, { state, failingSince, lastSuccessAt });
    const rows = all.map((ended) => rowOf(config, ended));
    const closed = await tx.query<{ id: string }>(CLOSE, [JSON.stringify(rows), nodeId]);
    const written = new Set(closed.map(({ id }) => id));

    const answers: Closed[] = [];
    const changed = new Set<string>();
    for (const [index, { delivery, judged, finishedAt }] of all.entries()) {
      const { webhookId } = delivery;
      const before = webhooks.get(webhookId);
      if (before === undefined || !written.has(delivery.id)) {
        answers.push(LOST);
        continue;
      }
      const { outcome } = judged;
      const after = delivery.isTest ? before : afterAttempt(before, outcome, finishedAt, config.webhookDisableAfterMs);
      if (after !== before) changed.add(webhookId);
      webhooks.set(webhookId, after);
      const disabledBecause = after.state === before.state ? undefined : reasonOf(judged);
      if (disabledBecause !== undefined) {
        const failingSince = (after.failingSince ?? finishedAt).toISOString();
        await tx.query(DISABLE, [webhookId, disabledBecause, ctx.caller.name]);
        tx.happened('webhookDisabled', {
          id: webhookId,
          reason: disabledBecause,
          before: { state: 'ACTIVE' },
          after: { state: 'DISABLED' },
          payload: { webhookId, failingSince },
        });
      }
      answers.push({
        isWritten: true,
        isFirstFailure: before.failingSince === null && after.failingSince !== null,
        isGivenUp: rows[index]?.status === 'failed',
        disabledBecause,
      });
    }
    const healths = [...changed].map((id) => ({ id, ...webhooks.get(id) }));
    if (healths.length > 0) await tx.query(UPDATE_HEALTH, [JSON.stringify(healths)]);
    return answers;
  });
}

function rowOf(config: Services['config'], ended: EndedAttempt) {
  const { delivery, judged, startedAt, finishedAt } = ended;
  const { id, leaseToken } = delivery;
  const { outcome, message, httpStatus, answer } = judged;
  return {
    id,
    leaseToken,
    ...whatFollows(config, ended),
    outcome,
    message,
    httpStatus,
    answer,
    startedAt,
    finishedAt,
  };
}

function whatFollows(
  { webhookRetryWindowMs: windowMs }: Services['config'],
  { delivery, judged, finishedAt }: EndedAttempt,
): { status: 'delivered' | 'pending' | 'failed'; dueAt: Date | null } {
  if (judged.outcome === 'delivered') return { status: 'delivered', dueAt: null };
  if (delivery.isTest) return { status: 'failed', dueAt: null };
  if (judged.outcome === 'interrupted') return { status: 'pending', dueAt: finishedAt };
  const next = nextAttemptAt(
    { startedAt: delivery.seriesStartedAt, attemptCount: delivery.seriesAttemptCount },
    { now: finishedAt, random: Math.random(), windowMs, retryAfterMs: judged.retryAfterMs },
  );
  return next === undefined ? { status: 'failed', dueAt: null } : { status: 'pending', dueAt: next };
}

const reasonOf = ({ outcome, message }: Judged): string =>
  outcome === 'gone'
    ? 'The receiver answered 410 Gone: it wants no more.'
    : `Nothing was delivered for too long. The last attempt: ${message ?? outcome}`;

const LOCK = `
  SELECT id, state::text AS state, failing_since AS "failingSince", last_success_at AS "lastSuccessAt"
  FROM auth.webhooks WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`;

// When a delivery is closed, the next one of its aggregate becomes due, unless it is due or leased already.
const CLOSE = `
  WITH ended AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS e(
      id uuid, "leaseToken" uuid, status auth.webhook_delivery_status, "dueAt" timestamptz(3), outcome text, message text,
      "httpStatus" int, answer text, "startedAt" timestamptz(3), "finishedAt" timestamptz(3))
  ), closed AS (
    UPDATE auth.webhook_deliveries AS delivery
    SET status = ended.status, due_at = ended."dueAt", lease_token = NULL, lease_node_id = NULL, leased_at = NULL,
        closed_at = CASE WHEN ended.status <> 'pending' THEN now() END
    FROM ended
    WHERE delivery.id = ended.id AND delivery.lease_token = ended."leaseToken" AND delivery.status = 'pending'
    RETURNING delivery.id, delivery.webhook_id, delivery.aggregate_id, delivery.attempt_count, delivery.status
  ), written AS (
    INSERT INTO auth.webhook_attempts
      (delivery_id, number, outcome, error_message, http_status, answer, node_id, started_at, finished_at)
    SELECT id, attempt_count, outcome, message, "httpStatus", answer, $2::uuid, "startedAt", "finishedAt"
    FROM closed JOIN ended USING (id)
  ), promoted AS (
    UPDATE auth.webhook_deliveries AS next SET due_at = now()
    FROM closed
    WHERE closed.status <> 'pending' AND next.due_at IS NULL AND next.id = (
      SELECT id FROM auth.webhook_deliveries AS waiting
      WHERE waiting.webhook_id = closed.webhook_id AND waiting.aggregate_id = closed.aggregate_id
        AND waiting.status = 'pending'
        AND NOT EXISTS (SELECT FROM closed AS done WHERE done.id = waiting.id AND done.status <> 'pending')
      ORDER BY position LIMIT 1
    )
  )
  SELECT id FROM closed`;

const DISABLE = `
  UPDATE auth.webhooks
  SET state = 'disabled', disabled_at = now(), state_reason = $2, state_changed_at = now(), state_changed_by = $3
  WHERE id = $1`;

const UPDATE_HEALTH = `
  UPDATE auth.webhooks AS webhook
  SET failing_since = health."failingSince", last_success_at = health."lastSuccessAt"
  FROM jsonb_to_recordset($1::jsonb) AS health(id uuid, "failingSince" timestamptz(3), "lastSuccessAt" timestamptz(3))
  WHERE webhook.id = health.id`;
