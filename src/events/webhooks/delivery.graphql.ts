/** Deliveries in the API: what was sent to a webhook, how each attempt ended, and what the receiver said. */
import type { Prisma, PrismaClient, WebhookDelivery } from '../../database/generated/prisma/client.ts';
import type { WebhookDeliveryStatus } from '../../database/generated/prisma/enums.ts';
import type { Builder } from '../../graphql/builder.ts';
import { addEnum } from '../../graphql/enums.ts';
import {
  type DateTimeRange,
  type FilterInputs,
  rangeCondition,
  type StringFilter,
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

/** Adds `WebhookDelivery`, `WebhookAttempt` and what deliveries are filtered by; answers the refs. */
export function addDeliveries(builder: Builder, inputs: FilterInputs) {
  const Status = addEnum<WebhookDeliveryStatus>(builder, 'WebhookDeliveryStatus', 'Where a delivery stands.', {
    pending:
      'It is under way, or waits: for its next attempt, for an earlier one of its aggregate, or for the webhook.',
    delivered: 'The receiver has it.',
    failed: 'It was given up; `redeliverWebhook` tries again.',
  });
  const OutcomeRef = addEnum<Outcome>(builder, 'WebhookAttemptOutcome', 'How an attempt ended.', OUTCOMES);
  const Attempt = builder.prismaObject('WebhookAttempt', {
    description: 'One attempt to deliver.',
    fields: (t) => ({
      number: t.exposeInt('number', { description: '1 for the first.' }),
      outcome: t.field({
        type: OutcomeRef,
        description: 'How it ended.',
        resolve: ({ outcome }): Outcome => (outcome in OUTCOMES ? (outcome as Outcome) : 'interrupted'),
      }),
      errorMessage: t.exposeString('errorMessage', {
        nullable: true,
        description: 'What went wrong; null if nothing did.',
      }),
      httpStatus: t.exposeInt('httpStatus', {
        nullable: true,
        description: 'The status of the answer; null if there was none.',
      }),
      answer: t.exposeString('answer', {
        nullable: true,
        description: `The first ${KEPT_ANSWER_CHARACTERS} characters of the answer; null if there was none.`,
      }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', description: 'When it ended.' }),
      duration: t.field({
        type: 'Duration',
        description: 'How long it took.',
        resolve: ({ startedAt, finishedAt }) => finishedAt.getTime() - startedAt.getTime(),
      }),
      nodeId: t.expose('nodeId', { type: 'UUID', nullable: true, description: 'The node that made it.' }),
    }),
  });
  const Delivery = builder.prismaNode('WebhookDelivery', {
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
      eventType: t.exposeString('eventType', { description: 'What happened, for example `ManagedAccountCreated`.' }),
      body: t.exposeString('body', { description: 'What is sent, to the letter: a CloudEvents envelope in JSON.' }),
      isTest: t.exposeBoolean('isTest', { description: 'True for one of `testWebhook`, which is tried once.' }),
      status: t.expose('status', { type: Status, description: 'Where it stands.' }),
      attemptCount: t.exposeInt('attemptCount', { description: 'Attempts so far, the one under way included.' }),
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
      redeliveredAt: t.expose('redeliveredAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When somebody last asked for it again; null if nobody did.',
      }),
      redeliveredBy: t.exposeString('redeliveredBy', { nullable: true, description: 'Who did.' }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When its event was published.' }),
      closedAt: t.expose('closedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was delivered or given up; null while it is pending.',
      }),
    }),
  });
  const Filter = builder.inputRef<DeliveryFilter>('WebhookDeliveryFilter').implement({
    description: 'Which deliveries; all conditions that are given must hold.',
    fields: (t) => ({
      status: t.field({ type: Status, description: 'That stand so.' }),
      eventType: t.field({ type: inputs.StringFilterInput, description: 'By the type of their event.' }),
      eventId: t.field({ type: 'UUID', description: 'Of this event.' }),
      createdAt: t.field({ type: inputs.DateTimeRangeInput, description: 'Whose event was published in this span.' }),
    }),
  });
  return { WebhookDelivery: Delivery, WebhookAttempt: Attempt, Filter };
}

export type DeliveryRefs = ReturnType<typeof addDeliveries>;

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
