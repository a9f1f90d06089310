/** Webhooks in the API: the type `Webhook` and its queries. No secret is ever shown here. */
import type { WebhookState } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { connectionSelection } from '../../graphql/keyset.ts';
import { deliveriesOf, Filter, WebhookDeliveryRef } from './delivery.graphql.ts';
import { MOST_WEBHOOKS } from './webhooks.ts';

/** The count covers all pending deliveries, which may be many. */
const DEAR = 170;

const State = enumOf<WebhookState>('WebhookState', 'The state of a webhook.', {
  active: 'Events are delivered to it.',
  paused: 'Paused by a person: its events wait for `resumeWebhook`.',
  disabled:
    'Disabled by the server, because nothing could be delivered for days, the receiver answered 410 Gone, or its secret was lost. Its events wait for `resumeWebhook`.',
});
export const Webhook = builder.prismaNode('Webhook', {
  id: { field: 'id' },
  nullable: true,
  description: 'A URL that receives events, signed by Standard Webhooks.',
  fields: (t) => ({
    webhookId: t.key('id', 'The plain key.'),
    url: t.text('url', 'The URL that receives the events.'),
    description: t.textOrNull('description', 'What it is for; null if it has no description.'),
    eventTypes: t.stringList({
      nullable: true,
      description: 'The event types that it receives; null: all, including future ones.',
      resolve: ({ eventTypes }) => (eventTypes.length === 0 ? null : eventTypes),
    }),
    state: t.expose('state', { type: State, description: 'Its state.' }),
    stateReason: t.textOrNull('stateReason', 'Why it is in this state; null if no reason was given.'),
    stateChangedAt: t.at('stateChangedAt', 'When it entered this state.'),
    stateChangedBy: t.text('stateChangedBy', 'Who put it in this state: a caller, or the server.'),
    failingSinceAt: t.atOrNull(
      'failingSince',
      'Since when all attempts have failed; null if the last one succeeded, or there was none.',
    ),
    lastSuccessAt: t.atOrNull('lastSuccessAt', 'When the last delivery succeeded, to the second; null if none has.'),
    pendingCount: t.int({
      complexity: DEAR,
      description:
        'How many deliveries wait or are in progress. Counts rows: do not use it on a page that is loaded often.',
      resolve: ({ id }, _args, { prisma }) =>
        prisma.webhookDelivery.count({ where: { webhookId: id, status: 'pending' } }),
    }),
    formerSecretExpiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Until when the old secret signs deliveries too; null if only the current one does.',
      resolve: async ({ id }, _args, { prisma, now }) => {
        const former = await prisma.webhookSecret.findFirst({
          where: { webhookId: id, expiresAt: { gt: now } },
          orderBy: { expiresAt: 'desc' },
        });
        return former?.expiresAt ?? null;
      },
    }),
    createdAt: t.at('createdAt', 'When it was created.'),
    createdBy: t.text('createdBy', 'Who created it.'),
    updatedAt: t.at('updatedAt', 'When it was last changed.'),
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
    description: `All webhooks, newest first; there are at most ${MOST_WEBHOOKS}.`,
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
