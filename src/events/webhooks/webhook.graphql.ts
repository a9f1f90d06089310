/** Webhooks in the API: the type `Webhook` and its queries. No secret is ever shown here. */
import type { WebhookState } from '../../database/generated/prisma/enums.ts';
import type { Builder } from '../../graphql/builder.ts';
import { addEnum } from '../../graphql/enums.ts';
import { connectionSelection } from '../../graphql/selection.ts';
import { type DeliveryRefs, deliveriesOf } from './delivery.graphql.ts';
import { MOST_WEBHOOKS } from './webhooks.ts';

/** Counts what waits, which may be much. */
const DEAR = 100;

/** Adds `Webhook`, `webhooks` and `webhook`; answers the ref. */
export function addWebhooks(builder: Builder, deliveries: DeliveryRefs) {
  const State = addEnum<WebhookState>(builder, 'WebhookState', 'Whether a webhook is sent to.', {
    active: 'It is.',
    paused: 'Somebody paused it: what there is to send waits for `resumeWebhook`.',
    disabled:
      'The server disabled it, because nothing could be delivered for days, or the receiver answered 410 Gone, or its secret was lost. What there is to send waits for `resumeWebhook`.',
  });
  const Webhook = builder.prismaNode('Webhook', {
    id: { field: 'id' },
    nullable: true,
    description: 'An address that events are sent to, signed by the rules of Standard Webhooks.',
    fields: (t) => ({
      webhookId: t.field({ type: 'UUID', description: 'The plain key.', resolve: ({ id }) => id }),
      url: t.exposeString('url', { description: 'Where events are sent to.' }),
      description: t.exposeString('description', {
        nullable: true,
        description: 'What it is for; null if nobody said.',
      }),
      eventTypes: t.stringList({
        nullable: true,
        description: 'The types of events that it gets; null: all of them, those to come too.',
        resolve: ({ eventTypes }) => (eventTypes.length === 0 ? null : eventTypes),
      }),
      state: t.expose('state', { type: State, description: 'Whether it is sent to.' }),
      stateReason: t.exposeString('stateReason', {
        nullable: true,
        description: 'Why it is in this state; null if nobody said.',
      }),
      stateChangedAt: t.expose('stateChangedAt', { type: 'DateTime', description: 'Since when it is in this state.' }),
      stateChangedBy: t.exposeString('stateChangedBy', {
        description: 'Who brought it there: a caller, or the server.',
      }),
      failingSinceAt: t.expose('failingSince', {
        type: 'DateTime',
        nullable: true,
        description:
          'Since when nothing was delivered though it was tried; null if the last attempt succeeded, or there was none.',
      }),
      lastSuccessAt: t.expose('lastSuccessAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When something was last delivered, to a second; null if nothing was.',
      }),
      pendingCount: t.int({
        complexity: DEAR,
        description: 'How many deliveries wait or are under way. Counts them: not for a page that is loaded often.',
        resolve: ({ id }, _args, { prisma }) =>
          prisma.webhookDelivery.count({ where: { webhookId: id, status: 'pending' } }),
      }),
      formerSecretExpiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Until when deliveries are signed with the former secret too; null if only the present one signs.',
        resolve: async ({ id }, _args, { prisma, now }) => {
          const former = await prisma.webhookSecret.findFirst({
            where: { webhookId: id, expiresAt: { gt: now } },
            orderBy: { expiresAt: 'desc' },
          });
          return former?.expiresAt ?? null;
        },
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
      createdBy: t.exposeString('createdBy', { description: 'Who made it.' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When somebody last changed it.' }),
      deliveries: t.connection(
        {
          type: deliveries.WebhookDelivery,
          nullable: true,
          description: 'Its deliveries, newest first.',
          args: { filter: t.arg({ type: deliveries.Filter, description: 'Which deliveries; left out: all.' }) },
          resolve: ({ id }, args, context, info) =>
            deliveriesOf(context.prisma, id, args, connectionSelection(context, info)),
        },
        { name: 'WebhookDeliveryConnection' },
        { name: 'WebhookDeliveryEdge' },
      ),
    }),
  });
  builder.queryFields((t) => ({
    webhooks: t.prismaField({
      type: [Webhook],
      nullable: { list: true, items: false },
      description: `All webhooks, the youngest first; there are ${MOST_WEBHOOKS} at the most.`,
      resolve: (query, _root, _args, { prisma }) =>
        prisma.webhook.findMany({ ...query, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] }),
    }),
    webhook: t.prismaField({
      type: Webhook,
      nullable: true,
      description: 'One webhook by its plain key; null when there is none.',
      args: { webhookId: t.arg({ type: 'UUID', required: true, description: 'The webhook’s key.' }) },
      resolve: (query, _root, { webhookId }, { prisma }) =>
        prisma.webhook.findUnique({ ...query, where: { id: webhookId } }),
    }),
  }));
  return { Webhook };
}

export type WebhookRefs = ReturnType<typeof addWebhooks>;
