/** What administrators do to webhooks, with its record; deliverers on all nodes hear of it. */
import type { Acts } from '../../access/acts.ts';
import { digestFields, idempotently } from '../../access/idempotency.ts';
import { InvalidStateError } from '../../refusals.ts';
import type { KeyRing } from '../../sealing/key-ring.ts';
import { sealingAgain } from '../../sealing/open-sealed.ts';
import type { Caller } from '../../work/caller.ts';
import type { Notices } from '../../work/notices.ts';
import { type InputTools, requireValid } from './input.ts';
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

export interface WebhookTools extends InputTools {
  readonly acts: Acts;
  readonly keyRing: KeyRing;
  readonly notices: Pick<Notices, 'notify'>;
  /** How long the former secret signs too after a rotation. */
  readonly overlapMs: number;
}

export interface CreateRequest {
  readonly url: string;
  readonly eventTypes?: readonly string[] | null;
  readonly description?: string | null;
  readonly secret?: string | null;
  readonly idempotencyKey?: string | null;
}

/** What is left out stays as it is; null takes it away. */
export interface UpdateRequest {
  readonly webhookId: string;
  readonly url?: string | null;
  readonly eventTypes?: readonly string[] | null;
  readonly description?: string | null;
  readonly reason?: string | null;
}

export interface RotateRequest {
  readonly webhookId: string;
  readonly secret?: string | null;
  /** The former secret signs no more: it is known to somebody. */
  readonly isImmediate?: boolean | null;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

interface Named {
  readonly webhookId: string;
  readonly reason?: string | null;
}

export interface WithSecret {
  readonly webhookId: string;
  /** Shown this once. */
  readonly secret: string;
}

export interface Changed {
  readonly webhookId: string;
  /** False: it was so already. */
  readonly isChanged: boolean;
}

const targetOf = (id: string) => ({ type: 'Webhook', id });
const stored = (types: readonly string[] | null | undefined): string[] => [...new Set(types ?? [])].sort();

export type WebhookOperations = ReturnType<typeof createWebhookOperations>;

/** Each throws InvalidInputError for what means nothing, and NotFoundError where there is no such webhook. */
export function createWebhookOperations(tools: WebhookTools) {
  const { acts, keyRing, notices, overlapMs } = tools;
  return {
    /** Makes one. A secret is made unless one is given, and is in this answer only: so a repeat is refused and names the first. */
    async create(caller: Caller, { idempotencyKey: key, ...wanted }: CreateRequest): Promise<WithSecret> {
      await requireValid(tools, { ...wanted, idempotencyKey: key });
      const { url, description = null } = wanted;
      const settings: WebhookSettings = { url: new URL(url).href, description, eventTypes: stored(wanted.eventTypes) };
      const call = { caller: caller.id, mutation: 'createWebhook', key, digests: digestFields(keyRing, wanted) };
      return sealingAgain(keyRing, () =>
        acts.transaction(async (tx, acted) => {
          const secret = wanted.secret ?? makeSecret();
          const { resultId: webhookId, isReplay } = await idempotently(tx, call, async () => {
            const id = await insertWebhook(tx, caller, settings);
            await insertSecret(tx, keyRing, { webhookId: id, secret, overlapMs });
            return id;
          });
          if (isReplay) throw alreadyAnswered(`the webhook ${webhookId}`);
          acted({ caller, action: 'createWebhook', target: targetOf(webhookId), after: shown(settings) });
          return { webhookId, secret };
        }),
      );
    },

    /** Changes what is given; what waits already is sent to the new URL. */
    async update(caller: Caller, request: UpdateRequest): Promise<Changed> {
      await requireValid(tools, request);
      const { webhookId, url, eventTypes, description, reason } = request;
      return acts.transaction(async (tx, acted) => {
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
        const target = targetOf(webhookId);
        acted({ caller, action: 'updateWebhook', target, reason, before: shown(before), after: shown(after) });
        return { webhookId, isChanged: true };
      });
    },

    /** Nothing more is sent, and what there is to send waits. */
    pause: (caller: Caller, { webhookId, reason }: Named & { reason: string }): Promise<Changed> =>
      acts.transaction(async (tx, acted) => {
        const { state, stateReason } = await lockWebhook(tx, webhookId);
        if (state === 'paused' && stateReason === reason) return { webhookId, isChanged: false };
        await pause(tx, caller, webhookId, reason);
        const [before, after] = [{ state: state.toUpperCase() }, { state: 'PAUSED' }];
        acted({ caller, action: 'pauseWebhook', target: targetOf(webhookId), reason, before, after });
        return { webhookId, isChanged: true };
      }),

    /** What waits is sent, whether it was paused or disabled. */
    async resume(caller: Caller, { webhookId, reason = null }: Named): Promise<Changed> {
      const answer = await acts.transaction(async (tx, acted) => {
        const { state } = await lockWebhook(tx, webhookId);
        if (state === 'active') return { webhookId, isChanged: false };
        await resume(tx, caller, webhookId, reason);
        const [before, after] = [{ state: state.toUpperCase() }, { state: 'ACTIVE' }];
        acted({ caller, action: 'resumeWebhook', target: targetOf(webhookId), reason, before, after });
        return { webhookId, isChanged: true };
      });
      notices.notify('webhooks');
      return answer;
    },

    /**
     * Takes it away, with its secrets, its deliveries and their log: on record at once, and sent to no
     * more. Then deliveries go a portion at a time, since the publisher waits for whoever holds the
     * webhook. What breaks off there is finished by the same request again.
     */
    async delete(caller: Caller, { webhookId, reason }: Named): Promise<{ webhookId: string }> {
      await acts.transaction(async (tx, acted) => {
        const before = await lockWebhook(tx, webhookId);
        await pause(tx, caller, webhookId, 'It is being deleted.');
        acted({ caller, action: 'deleteWebhook', target: targetOf(webhookId), reason, before: shown(before) });
      });
      while (await acts.transaction((tx) => deleteSomeDeliveries(tx, webhookId)));
      await acts.transaction((tx) => tx.query('DELETE FROM auth.webhooks WHERE id = $1', [webhookId]));
      return { webhookId };
    },

    /** Signs with a new secret, and for a while with the former one too. A repeat is refused, as for `create`. */
    async rotateSecret(caller: Caller, request: RotateRequest): Promise<WithSecret> {
      await requireValid(tools, { secret: request.secret, idempotencyKey: request.idempotencyKey });
      const { webhookId, isImmediate, reason, idempotencyKey: key, ...wanted } = request;
      const digests = digestFields(keyRing, { webhookId, isImmediate, reason, ...wanted });
      const call = { caller: caller.id, mutation: 'rotateWebhookSecret', key, digests };
      const forMs = isImmediate ? 0 : overlapMs;
      return sealingAgain(keyRing, () =>
        acts.transaction(async (tx, acted) => {
          const secret = wanted.secret ?? makeSecret();
          const { isReplay } = await idempotently(tx, call, async () => {
            await lockWebhook(tx, webhookId);
            await insertSecret(tx, keyRing, { webhookId, secret, overlapMs: forMs });
            return webhookId;
          });
          if (isReplay) throw alreadyAnswered(`a new secret for the webhook ${webhookId}`);
          const after = { isImmediate: isImmediate ?? false };
          acted({ caller, action: 'rotateWebhookSecret', target: targetOf(webhookId), reason, after });
          return { webhookId, secret };
        }),
      );
    },
  };
}

const alreadyAnswered = (what: string): InvalidStateError =>
  new InvalidStateError(
    `An earlier request with this idempotencyKey made ${what}; the secret was in that answer and cannot be shown again. If that answer was lost, use "rotateWebhookSecret" with a new key.`,
  );
