/** Deliveries in the API: what was sent to a webhook, how each attempt ended, and the receiver's answer. */
import type { Prisma, PrismaClient, WebhookDelivery } from '../../database/generated/prisma/client.ts';
import type { WebhookDeliveryStatus } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { DateTimeRangeInput, rangeCondition, StringFilterInput, stringCondition } from '../../graphql/filters.ts';
import type { PageArgs } from '../../graphql/keyset.ts';
import { numberedPage } from '../../graphql/keyset-number.ts';
import { KEPT_ANSWER_CHARACTERS, OUTCOMES, type Outcome } from './outcome.rules.ts';

export type DeliveryFilter = typeof Filter.$inferInput;

/** A series has about 20 attempts; redeliveries add more. */
const MOST_ATTEMPTS = 100;

const Status = enumOf<WebhookDeliveryStatus>('WebhookDeliveryStatus', 'The state of a delivery.', {
  pending:
    'In progress, or waiting: for its next attempt, for an earlier delivery of its aggregate, or for the webhook.',
  delivered: 'The receiver accepted it.',
  failed: 'All attempts failed; `redeliverWebhook` tries again.',
});
const OutcomeRef = enumOf<Outcome>('WebhookAttemptOutcome', 'How an attempt ended.', OUTCOMES);
builder.prismaObject('WebhookAttempt', {
  description: 'One attempt to deliver.',
  fields: (t) => ({
    number: t.count('number', '1 for the first.'),
    outcome: t.field({
      type: OutcomeRef,
      description: 'How it ended.',
      resolve: ({ outcome }): Outcome => (outcome in OUTCOMES ? (outcome as Outcome) : 'interrupted'),
    }),
    errorMessage: t.textOrNull('errorMessage', 'The error; null if there was none.'),
    httpStatus: t.countOrNull('httpStatus', 'The HTTP status of the answer; null if there was none.'),
    answer: t.textOrNull(
      'answer',
      `The first ${KEPT_ANSWER_CHARACTERS} characters of the answer; null if there was none.`,
    ),
    startedAt: t.at('startedAt', 'When it began.'),
    finishedAt: t.at('finishedAt', 'When it ended.'),
    duration: t.field({
      type: 'Duration',
      description: 'How long it took.',
      resolve: ({ startedAt, finishedAt }) => finishedAt.getTime() - startedAt.getTime(),
    }),
    nodeId: t.keyOrNull('nodeId', 'The node that made it.'),
  }),
});
export const WebhookDeliveryRef = builder.prismaNode('WebhookDelivery', {
  id: { field: 'id' },
  nullable: true,
  description: 'One event for one webhook.',
  fields: (t) => ({
    deliveryId: t.key('id', 'The plain key.'),
    webhook: t.relation('webhook', { description: 'Its webhook.' }),
    eventId: t.expose('eventId', {
      type: 'UUID',
      description:
        'The event’s id, also sent as `webhook-id`: the same at every attempt, so that receivers recognize repeats.',
    }),
    eventType: t.text('eventType', 'What happened, for example `ManagedAccountCreated`.'),
    body: t.text('body', 'The exact request body: a CloudEvents envelope in JSON.'),
    isTest: t.flag('isTest', 'True for a delivery of `testWebhook`, which has one attempt.'),
    status: t.expose('status', { type: Status, description: 'Its state.' }),
    attemptCount: t.count('attemptCount', 'How many attempts there were, including one in progress.'),
    attempts: t.relation('attempts', {
      description: `The finished attempts, latest first, at most ${MOST_ATTEMPTS}.`,
      query: { orderBy: { number: 'desc' }, take: MOST_ATTEMPTS },
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the next attempt is due, if the webhook is active; null while one is in progress, while it waits for an earlier delivery of its aggregate, and once it is delivered or failed.',
      resolve: ({ dueAt, leaseToken }) => (leaseToken === null ? dueAt : null),
    }),
    redeliveredAt: t.atOrNull('redeliveredAt', 'When it was last redelivered by request; null if never.'),
    redeliveredBy: t.textOrNull('redeliveredBy', 'Who delivered it again.'),
    createdAt: t.at('createdAt', 'When its event was published.'),
    closedAt: t.atOrNull('closedAt', 'When it was delivered or failed; null while it is pending.'),
  }),
});
export const Filter = builder.inputType('WebhookDeliveryFilter', {
  description: 'Filters deliveries; all given conditions must hold.',
  fields: (t) => ({
    status: t.field({ type: Status, description: 'Only with this status.' }),
    eventType: t.field({ type: StringFilterInput, description: 'By the type of their event.' }),
    eventId: t.optionalUuid('Only of this event.'),
    createdAt: t.field({ type: DateTimeRangeInput, description: 'With an event published in this span.' }),
  }),
});

/** Returns one page of a webhook's deliveries, newest first. `selection`: the requested fields. */
export async function deliveriesOf(
  prisma: PrismaClient,
  webhookId: string,
  { filter, ...args }: PageArgs & { readonly filter?: DeliveryFilter | null },
  selection: object,
) {
  const where: Prisma.WebhookDeliveryWhereInput = {
    webhookId,
    status: filter?.status ?? undefined,
    eventType: stringCondition(filter?.eventType),
    eventId: filter?.eventId ?? undefined,
    createdAt: rangeCondition(filter?.createdAt),
  };
  return numberedPage<WebhookDelivery>(args, prisma, 'webhookDelivery', 'position', where, selection);
}
