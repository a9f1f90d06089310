/**
 * The rows of webhooks: each function changes one row within the caller's transaction. Audit entries show a
 * URL without its query, which often contains a key.
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

/** Limited because each claim checks every webhook. */
export const MOST_WEBHOOKS = 100;

const DELETED_AT_ONCE = 5_000;

/** Inserts an active webhook; returns its id. Throws InvalidStateError when the limit is reached. */
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

/** Locks a webhook until the end of the transaction and returns it. Throws NotFoundError. */
export async function lockWebhook(tx: Queryable, webhookId: string): Promise<WebhookRow> {
  const [row] = await tx.query<WebhookRow>(
    `SELECT id, url, description, event_types AS "eventTypes", state, state_reason AS "stateReason"
     FROM auth.webhooks WHERE id = $1 FOR UPDATE`,
    [webhookId],
  );
  if (row === undefined) throw unknownWebhook(webhookId);
  return row;
}

/** Throws NotFoundError if there is no webhook with this id. */
export async function requireWebhook(db: Queryable, webhookId: string): Promise<void> {
  const found = await db.query('SELECT 1 FROM auth.webhooks WHERE id = $1', [webhookId]);
  if (found.length === 0) throw unknownWebhook(webhookId);
}

const unknownWebhook = (webhookId: string): NotFoundError =>
  new NotFoundError(`There is no webhook with the id ${webhookId}. List them with the query "webhooks".`);

/** Stores a webhook's settings; pending deliveries go to its new URL. */
export async function updateSettings(tx: Queryable, webhookId: string, settings: WebhookSettings): Promise<void> {
  await tx.query(
    'UPDATE auth.webhooks SET url = $2, description = $3, event_types = $4, updated_at = now() WHERE id = $1',
    [webhookId, settings.url, settings.description, settings.eventTypes],
  );
}

/** Pauses a webhook: its deliveries wait until it is resumed. */
export async function pause(tx: Queryable, caller: Caller, webhookId: string, reason: string): Promise<void> {
  await tx.query(
    `UPDATE auth.webhooks
     SET state = 'paused', disabled_at = NULL, state_reason = $2, state_changed_at = now(), state_changed_by = $3, updated_at = now()
     WHERE id = $1`,
    [webhookId, reason, caller.name],
  );
}

/**
 * Resumes a webhook: its pending deliveries start a new series, the oldest of each aggregate at once, because
 * a series from before `state_changed_at` no longer counts (claim.ts). Its failures are reset. Only one row
 * is written, however many deliveries wait.
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

/** Deletes a batch of a webhook's deliveries, with their attempts; returns whether there may be more. */
export async function deleteSomeDeliveries(db: Queryable, webhookId: string): Promise<boolean> {
  const rows = await db.query(
    `DELETE FROM auth.webhook_deliveries WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM auth.webhook_deliveries WHERE webhook_id = $1 ORDER BY position LIMIT $2 FOR UPDATE SKIP LOCKED
     )) RETURNING 1`,
    [webhookId, DELETED_AT_ONCE],
  );
  return rows.length === DELETED_AT_ONCE;
}

/** Returns a webhook's settings as audit entries show them. */
export const shown = ({ url, description, eventTypes }: WebhookSettings) => ({
  url: placeOf(url),
  description,
  eventTypes: eventTypes.length === 0 ? null : [...eventTypes],
});

function placeOf(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}
