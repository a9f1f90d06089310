/** Deliveries in the API: what was sent to a webhook, how each attempt ended, and what the receiver said. */
import type { Prisma, PrismaClient, WebhookDelivery } from '../../database/generated/prisma/client.ts';
import type { WebhookDeliveryStatus } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import {
  type DateTimeRange,
  DateTimeRangeInput,
  rangeCondition,
  type StringFilter,
  StringFilterInput,
  stringCondition,
} from '../../graphql/filters.ts';
import type { PageArgs } from '../../graphql/keyset.ts';
import { newestFirstPage } from '../../graphql/keyset-number.ts';
import { KEPT_ANSWER_CHARACTERS, OUTCOMES, type Outcome } from './outcome.rules.ts';

export interface DeliveryFilter {
  readonly status?: WebhookDeliveryStatus | null;
  readonly eventType?: StringFilter | null;
  readonly eventId?: string | null;
  readonly createdAt?: DateTimeRange | null;
}

/** A series has some twenty of them. */
const MOST_ATTEMPTS = 100;

const Status = enumOf<WebhookDeliveryStatus>('WebhookDeliveryStatus', 'Where a delivery stands.', {
  pending: 'It is under way, or waits: for its next attempt, for an earlier one of its aggregate, or for the webhook.',
  delivered: 'The receiver has it.',
  failed: 'It was given up; `redeliverWebhook` tries again.',
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
    errorMessage: t.textOrNull('errorMessage', 'What went wrong; null if nothing did.'),
    httpStatus: t.countOrNull('httpStatus', 'The status of the answer; null if there was none.'),
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
    nodeId: t.expose('nodeId', { type: 'UUID', nullable: true, description: 'The node that made it.' }),
  }),
});
export const WebhookDeliveryRef = builder.prismaNode('WebhookDelivery', {
  id: { field: 'id' },
  nullable: true,
  description: 'One event for one webhook.',
  fields: (t) => ({
    deliveryId: t.field({ type: 'UUID', description: 'The plain key.', resolve: ({ id }) => id }),
    webhook: t.relation('webhook', { description: 'Whom it is for.' }),
    eventId: t.expose('eventId', {
      type: 'UUID',
      description:
        'The event, and the header `webhook-id`: the same at every attempt, by which a receiver knows a repeat.',
    }),
    eventType: t.text('eventType', 'What happened, for example `ManagedAccountCreated`.'),
    body: t.text('body', 'What is sent, to the letter: a CloudEvents envelope in JSON.'),
    isTest: t.flag('isTest', 'True for one of `testWebhook`, which is tried once.'),
    status: t.expose('status', { type: Status, description: 'Where it stands.' }),
    attemptCount: t.count('attemptCount', 'Attempts so far, the one under way included.'),
    attempts: t.relation('attempts', {
      description: `Attempts that have ended, the latest first, ${MOST_ATTEMPTS} at the most.`,
      query: { orderBy: { number: 'desc' }, take: MOST_ATTEMPTS },
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When it is tried next, if the webhook is active; null while it is under way, waits for an earlier one of its aggregate, or is closed.',
      resolve: ({ dueAt, leaseToken }) => (leaseToken === null ? dueAt : null),
    }),
    redeliveredAt: t.atOrNull('redeliveredAt', 'When somebody last asked for it again; null if nobody did.'),
    redeliveredBy: t.textOrNull('redeliveredBy', 'Who did.'),
    createdAt: t.at('createdAt', 'When its event was published.'),
    closedAt: t.atOrNull('closedAt', 'When it was delivered or given up; null while it is pending.'),
  }),
});
export const Filter = builder.inputRef<DeliveryFilter>('WebhookDeliveryFilter').implement({
  description: 'Which deliveries; all conditions that are given must hold.',
  fields: (t) => ({
    status: t.field({ type: Status, description: 'That stand so.' }),
    eventType: t.field({ type: StringFilterInput, description: 'By the type of their event.' }),
    eventId: t.field({ type: 'UUID', description: 'Of this event.' }),
    createdAt: t.field({ type: DateTimeRangeInput, description: 'Whose event was published in this span.' }),
  }),
});

/** One page of a webhook's deliveries, newest first. `selection`: what of them was asked for. */
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
  const page = await newestFirstPage<WebhookDelivery>(
    args,
    ({ position }) => Number(position),
    ({ below, above, direction, take }) =>
      prisma.webhookDelivery.findMany({
        ...selection,
        where: { AND: [where, { position: { lt: below, gt: above } }] },
        orderBy: { position: direction },
        take,
      }),
  );
  return { ...page, totalCount: () => prisma.webhookDelivery.count({ where }) };
}
