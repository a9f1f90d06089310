/** Webhooks in the API: the type `Webhook` and its queries. No secret is ever shown here. */
import type { WebhookState } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { connectionSelection } from '../../graphql/keyset.ts';
import { deliveriesOf, Filter, WebhookDeliveryRef } from './delivery.graphql.ts';
import { MOST_WEBHOOKS } from './webhooks.ts';

/** Counts what waits, which may be much. */
const DEAR = 100;

const State = enumOf<WebhookState>('WebhookState', 'Whether a webhook is sent to.', {
  active: 'It is.',
  paused: 'Somebody paused it: what there is to send waits for `resumeWebhook`.',
  disabled:
    'The server disabled it, because nothing could be delivered for days, or the receiver answered 410 Gone, or its secret was lost. What there is to send waits for `resumeWebhook`.',
});
export const Webhook = builder.prismaNode('Webhook', {
  id: { field: 'id' },
  nullable: true,
  description: 'An address that events are sent to, signed by the rules of Standard Webhooks.',
  fields: (t) => ({
    webhookId: t.field({ type: 'UUID', description: 'The plain key.', resolve: ({ id }) => id }),
    url: t.text('url', 'Where events are sent to.'),
    description: t.textOrNull('description', 'What it is for; null if nobody said.'),
    eventTypes: t.stringList({
      nullable: true,
      description: 'The types of events that it gets; null: all of them, those to come too.',
      resolve: ({ eventTypes }) => (eventTypes.length === 0 ? null : eventTypes),
    }),
    state: t.expose('state', { type: State, description: 'Whether it is sent to.' }),
    stateReason: t.textOrNull('stateReason', 'Why it is in this state; null if nobody said.'),
    stateChangedAt: t.at('stateChangedAt', 'Since when it is in this state.'),
    stateChangedBy: t.text('stateChangedBy', 'Who brought it there: a caller, or the server.'),
    failingSinceAt: t.atOrNull(
      'failingSince',
      'Since when nothing was delivered though it was tried; null if the last attempt succeeded, or there was none.',
    ),
    lastSuccessAt: t.atOrNull('lastSuccessAt', 'When something was last delivered, to a second; null if nothing was.'),
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
    createdAt: t.at('createdAt', 'When it was made.'),
    createdBy: t.text('createdBy', 'Who made it.'),
    updatedAt: t.at('updatedAt', 'When somebody last changed it.'),
    deliveries: t.connection(
      {
        type: WebhookDeliveryRef,
        nullable: true,
        description: 'Its deliveries, newest first.',
        args: { filter: t.arg({ type: Filter, description: 'Which deliveries; left out: all.' }) },
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
