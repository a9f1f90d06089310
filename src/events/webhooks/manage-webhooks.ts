/** Creates, changes, pauses, resumes and deletes webhooks, and rotates their secrets. */
import { once } from '../../access/idempotency.ts';
import { InvalidStateError } from '../../refusals.ts';
import { sealingAgain } from '../../sealing/key-ring.ts';
import type { Context } from '../../work/context.ts';
import { unit } from '../../work/unit.ts';
import { requireValid, type WebhookInput } from './input.ts';
import { insertSecret, makeSecret } from './secrets.ts';
import {
  deleteSomeDeliveries,
  insertWebhook,
  lockWebhook,
  pause,
  resume,
  shown,
  updateSettings,
  type WebhookSettings,
} from './webhooks.ts';

interface Named {
  readonly webhookId: string;
  readonly reason?: string | null;
}

export type CreateRequest = WebhookInput & { readonly url: string; readonly description?: string | null };

/** Fields that are left out stay as they are; null removes the value. */
export type UpdateRequest = Named & Pick<WebhookInput, 'url' | 'eventTypes'> & { readonly description?: string | null };

export type RotateRequest = Named &
  Pick<WebhookInput, 'secret' | 'idempotencyKey'> & {
    /** The former secret stops signing at once, because it has leaked. */
    readonly isImmediate?: boolean | null;
  };

export interface WithSecret {
  readonly webhookId: string;
  /** Returned only once. */
  readonly secret: string;
}

export interface Changed {
  readonly webhookId: string;
  /** False: nothing had to be changed. */
  readonly isChanged: boolean;
}

/** How long the former secret still signs: one day, for receivers to switch. */
const SECRET_OVERLAP_MS = 86_400_000;

const stored = (types: readonly string[] | null | undefined): string[] => [...new Set(types ?? [])].sort();

/**
 * Creates a webhook. Its secret is generated unless one is given, and is returned only here: so a repeated
 * idempotency key is refused, with the id of the webhook. Throws InvalidInputError, InvalidStateError or
 * IdempotencyConflictError.
 */
export async function createWebhook(ctx: Context, request: CreateRequest): Promise<WithSecret> {
  await requireValid(ctx.config, request);
  const { idempotencyKey: key, ...wanted } = request;
  const { url, description = null } = wanted;
  const settings: WebhookSettings = { url: new URL(url).href, description, eventTypes: stored(wanted.eventTypes) };
  return sealingAgain(ctx.keyRing, () =>
    unit(ctx, async (tx) => {
      const secret = wanted.secret ?? makeSecret();
      const call = { mutation: 'createWebhook', key, input: wanted };
      const { resultId: webhookId, isReplay } = await once(tx, ctx, call, async () => {
        const id = await insertWebhook(tx, ctx.caller, settings);
        await insertSecret(tx, ctx.keyRing, { webhookId: id, secret, overlapMs: SECRET_OVERLAP_MS });
        return id;
      });
      if (isReplay) throw alreadyAnswered(`the webhook ${webhookId}`);
      tx.happened('webhookCreated', { id: webhookId, after: shown(settings) });
      return { webhookId, secret };
    }),
  );
}

/** Changes the given fields; pending deliveries go to the new URL. Throws InvalidInputError or NotFoundError. */
export async function updateWebhook(ctx: Context, request: UpdateRequest): Promise<Changed> {
  await requireValid(ctx.config, request);
  const { webhookId, url, eventTypes, description, reason } = request;
  return unit(ctx, async (tx) => {
    const before = await lockWebhook(tx, webhookId);
    const after: WebhookSettings = {
      url: typeof url === 'string' ? new URL(url).href : before.url,
      description: description === undefined ? before.description : description,
      eventTypes: eventTypes === undefined ? before.eventTypes : stored(eventTypes),
    };
    const isSame =
      after.url === before.url &&
      after.description === before.description &&
      after.eventTypes.join() === before.eventTypes.join();
    if (isSame) return { webhookId, isChanged: false };
    await updateSettings(tx, webhookId, after);
    tx.happened('webhookUpdated', { id: webhookId, reason, before: shown(before), after: shown(after) });
    return { webhookId, isChanged: true };
  });
}

/** Stops sending; deliveries wait until the webhook is resumed. Throws NotFoundError. */
export function pauseWebhook(
  ctx: Context,
  { webhookId, reason }: Named & { readonly reason: string },
): Promise<Changed> {
  return unit(ctx, async (tx) => {
    const { state, stateReason } = await lockWebhook(tx, webhookId);
    if (state === 'paused' && stateReason === reason) return { webhookId, isChanged: false };
    await pause(tx, ctx.caller, webhookId, reason);
    const [before, after] = [{ state: state.toUpperCase() }, { state: 'PAUSED' }];
    tx.happened('webhookPaused', { id: webhookId, reason, before, after });
    return { webhookId, isChanged: true };
  });
}

/** Resumes a paused or disabled webhook: its pending deliveries are sent. Throws NotFoundError. */
export function resumeWebhook(ctx: Context, { webhookId, reason = null }: Named): Promise<Changed> {
  return unit(ctx, async (tx) => {
    const { state } = await lockWebhook(tx, webhookId);
    if (state === 'active') return { webhookId, isChanged: false };
    await resume(tx, ctx.caller, webhookId, reason);
    const [before, after] = [{ state: state.toUpperCase() }, { state: 'ACTIVE' }];
    tx.happened('webhookResumed', { id: webhookId, reason, before, after });
    return { webhookId, isChanged: true };
  });
}

/**
 * Deletes a webhook with its secrets, its deliveries and their attempts. First it is paused and the audit
 * entry is written; then its deliveries are deleted in batches, because the publisher waits for locks on the
 * webhook. If that is interrupted, the same request completes it. Throws NotFoundError.
 */
export async function deleteWebhook(ctx: Context, { webhookId, reason }: Named): Promise<{ webhookId: string }> {
  await unit(ctx, async (tx) => {
    const before = await lockWebhook(tx, webhookId);
    await pause(tx, ctx.caller, webhookId, 'It is being deleted.');
    tx.happened('webhookDeleted', { id: webhookId, reason, before: shown(before) });
  });
  while (await ctx.db.transaction((tx) => deleteSomeDeliveries(tx, webhookId)));
  await ctx.db.query('DELETE FROM auth.webhooks WHERE id = $1', [webhookId]);
  return { webhookId };
}

/**
 * Replaces the secret; the former one signs too for a day, unless `isImmediate`. A repeated idempotency key
 * is refused, as in `createWebhook`. Throws InvalidInputError, NotFoundError, InvalidStateError or
 * IdempotencyConflictError.
 */
export async function rotateWebhookSecret(ctx: Context, request: RotateRequest): Promise<WithSecret> {
  await requireValid(ctx.config, { secret: request.secret, idempotencyKey: request.idempotencyKey });
  const { idempotencyKey: key, ...input } = request;
  const { webhookId, isImmediate, reason } = input;
  const overlapMs = isImmediate ? 0 : SECRET_OVERLAP_MS;
  return sealingAgain(ctx.keyRing, () =>
    unit(ctx, async (tx) => {
      const secret = input.secret ?? makeSecret();
      const { isReplay } = await once(tx, ctx, { mutation: 'rotateWebhookSecret', key, input }, async () => {
        await lockWebhook(tx, webhookId);
        await insertSecret(tx, ctx.keyRing, { webhookId, secret, overlapMs });
        return webhookId;
      });
      if (isReplay) throw alreadyAnswered(`a new secret for the webhook ${webhookId}`);
      tx.happened('webhookSecretRotated', { id: webhookId, reason, after: { isImmediate: isImmediate ?? false } });
      return { webhookId, secret };
    }),
  );
}

const alreadyAnswered = (what: string): InvalidStateError =>
  new InvalidStateError(
    `An earlier request with this idempotencyKey created ${what}; the secret was in that answer and cannot be shown again. If that answer was lost, use "rotateWebhookSecret" with a new key.`,
  );
