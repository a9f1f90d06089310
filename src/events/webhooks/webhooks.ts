/**
 * What administrators and operators do to webhooks: each changes one row within the caller's
 * transaction and answers how it was and is, for the record. What the record shows of a URL is
 * its place, not its query, which often holds somebody's key.
 */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../database/database.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { Caller } from '../../work/caller.ts';

export interface WebhookRow {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  /** Empty: all. */
  readonly eventTypes: readonly string[];
  readonly state: 'active' | 'paused' | 'disabled';
  readonly stateReason: string | null;
}

export type WebhookSettings = Pick<WebhookRow, 'url' | 'description' | 'eventTypes'>;

/** Each claim looks at each of them. */
export const MOST_WEBHOOKS = 100;

const DELETED_AT_ONCE = 5_000;

/** Makes a webhook, active from now on; answers its id. Throws InvalidStateError where there are too many. */
export async function insertWebhook(tx: Queryable, caller: Caller, settings: WebhookSettings): Promise<string> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtext('family-hub-jobs webhooks'))`);
  const [row] = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM auth.webhooks');
  if ((row?.count ?? 0) >= MOST_WEBHOOKS)
    throw new InvalidStateError(`There are already ${MOST_WEBHOOKS} webhooks, which is the limit. Delete one first.`);
  const id = randomUUID();
  await tx.query(
    `INSERT INTO auth.webhooks (id, url, description, event_types, created_by, state_changed_by)
     VALUES ($1, $2, $3, $4, $5, $5)`,
    [id, settings.url, settings.description, settings.eventTypes, caller.name],
  );
  return id;
}

/** The webhook, which nobody else changes until the end of the transaction. Throws NotFoundError. */
export async function lockWebhook(tx: Queryable, webhookId: string): Promise<WebhookRow> {
  const [row] = await tx.query<WebhookRow>(
    `SELECT id, url, description, event_types AS "eventTypes", state, state_reason AS "stateReason"
     FROM auth.webhooks WHERE id = $1 FOR UPDATE`,
    [webhookId],
  );
  if (row === undefined) throw unknownWebhook(webhookId);
  return row;
}

/** Throws NotFoundError where there is none. */
export async function requireWebhook(db: Queryable, webhookId: string): Promise<void> {
  const found = await db.query('SELECT 1 FROM auth.webhooks WHERE id = $1', [webhookId]);
  if (found.length === 0) throw unknownWebhook(webhookId);
}

const unknownWebhook = (webhookId: string): NotFoundError =>
  new NotFoundError(`There is no webhook with the id ${webhookId}. List them with the query "webhooks".`);

/** Writes what a webhook is to be; what waits is sent to its new address. */
export async function updateSettings(tx: Queryable, webhookId: string, settings: WebhookSettings): Promise<void> {
  await tx.query(
    'UPDATE auth.webhooks SET url = $2, description = $3, event_types = $4, updated_at = now() WHERE id = $1',
    [webhookId, settings.url, settings.description, settings.eventTypes],
  );
}

/** Nothing more is sent until it is resumed; what it would have got waits. */
export async function pause(tx: Queryable, caller: Caller, webhookId: string, reason: string): Promise<void> {
  await tx.query(
    `UPDATE auth.webhooks
     SET state = 'paused', disabled_at = NULL, state_reason = $2, state_changed_at = now(), state_changed_by = $3, updated_at = now()
     WHERE id = $1`,
    [webhookId, reason, caller.name],
  );
}

/**
 * It is sent to again: what waits begins anew, the oldest of each aggregate now, for a series from
 * before `state_changed_at` counts no more (claim.ts). Its failures are forgotten. One row is written,
 * however much waits.
 */
export async function resume(tx: Queryable, caller: Caller, webhookId: string, reason: string | null): Promise<void> {
  await tx.query(
    `UPDATE auth.webhooks
     SET state = 'active', disabled_at = NULL, failing_since = NULL, state_reason = $2, state_changed_at = now(),
         state_changed_by = $3, updated_at = now()
     WHERE id = $1`,
    [webhookId, reason, caller.name],
  );
}

/** Deletes some of its deliveries, with their attempts; answers whether there may be more. Nothing else is held up. */
export async function deleteSomeDeliveries(db: Queryable, webhookId: string): Promise<boolean> {
  const rows = await db.query(
    `DELETE FROM auth.webhook_deliveries WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM auth.webhook_deliveries WHERE webhook_id = $1 ORDER BY position LIMIT $2 FOR UPDATE SKIP LOCKED
     )) RETURNING 1`,
    [webhookId, DELETED_AT_ONCE],
  );
  return rows.length === DELETED_AT_ONCE;
}

/** A webhook as the record shows it. */
export const shown = ({ url, description, eventTypes }: WebhookSettings) => ({
  url: placeOf(url),
  description,
  eventTypes: eventTypes.length === 0 ? null : [...eventTypes],
});

function placeOf(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}
