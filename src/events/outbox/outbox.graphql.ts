/** The outbox in the API: events as they were written, and where each stands. */

import { IdempotencyConflictError } from '../../access/idempotency.ts';
import type { OutboxEvent, Prisma } from '../../database/generated/prisma/client.ts';
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
import { newestFirstPage } from '../../graphql/keyset-number.ts';
import { InvalidInputError, NotFoundError } from '../../refusals.ts';
import type { Caller } from '../../work/caller.ts';
import { aggregateNameIn } from './aggregate-id.rules.ts';
import { requireTypes } from './known-type.ts';
import { loadOutboxStatistics, type OutboxStatistics } from './outbox-statistics.ts';
import { type OutboxState, outboxState } from './publishing.rules.ts';
import { type RedeliveredEvent, redeliverOutboxEvent } from './redeliver.ts';

interface OutboxFilter {
  readonly eventId?: string | null;
  readonly state?: OutboxState | null;
  readonly eventType?: StringFilter | null;
  readonly aggregateType?: string | null;
  readonly aggregateId?: string | null;
  readonly familyId?: string | null;
  readonly createdAt?: DateTimeRange | null;
}

/** Counts what waits, which may be much. */
const DEAR = 500;

const UNPROCESSED = { processedAt: null, parkedAt: null };
const STATES: Record<OutboxState, Prisma.OutboxEventWhereInput> = {
  pending: { ...UNPROCESSED, nextAttemptAt: null },
  waiting: { ...UNPROCESSED, nextAttemptAt: { not: null } },
  parked: { processedAt: null, parkedAt: { not: null } },
  processed: { processedAt: { not: null } },
};

const condition = (filter: OutboxFilter | null | undefined): Prisma.OutboxEventWhereInput => ({
  ...(filter?.state ? STATES[filter.state] : {}),
  eventType: stringCondition(filter?.eventType),
  createdAt: rangeCondition(filter?.createdAt),
  eventId: filter?.eventId ?? undefined,
  aggregateType: filter?.aggregateType ?? undefined,
  aggregateId: filter?.aggregateId ?? undefined,
  familyId: filter?.familyId ?? undefined,
});

const namedIn = (filter: StringFilter | null | undefined): string[] => [
  ...(filter?.in ?? []),
  ...(typeof filter?.equals === 'string' ? [filter.equals] : []),
];

/** Events are shown to those who see all families; nothing else leads to one. */
const visibleTo = ({ familyId }: Caller): Prisma.OutboxEventWhereInput => (familyId === null ? {} : { familyId });

const State = enumOf<OutboxState>('OutboxEventState', 'Where an event stands.', {
  pending: 'It is published within moments, in the order of its aggregate.',
  waiting: 'It could not be published; it is tried again, and holds back what follows in its aggregate.',
  parked: 'It could not be published too often; `redeliverOutboxEvent` tries it again.',
  processed: 'It was published: handed to every target.',
});
const OutboxEventRef = builder.prismaNode('OutboxEvent', {
  id: { field: 'eventId' },
  findUnique: (eventId, { caller }) => ({ eventId, AND: [visibleTo(caller)] }),
  nullable: true,
  description:
    'Something that happened, written in the transaction of the change. Others hear of it at least once: by webhooks, and by NOTIFY on the channel `family_hub_events`.',
  fields: (t) => ({
    eventId: t.field({
      type: 'UUID',
      description: 'The plain key: the `id` in its CloudEvents envelope, the same at every delivery.',
      resolve: ({ eventId }) => eventId,
    }),
    sequence: t.string({
      description:
        'Its number in the order of writing, of 20 digits, as in the envelope: comparable as text. Numbers may be missing.',
      resolve: ({ sequence }) => String(sequence).padStart(20, '0'),
    }),
    eventType: t.text(
      'eventType',
      'What happened, for example `ManagedAccountCreated`; `GET /events/schemas` lists all types.',
    ),
    eventVersion: t.count('eventVersion', 'The version of its payload.'),
    aggregateType: t.text('aggregateType', 'What it happened to, by kind.'),
    aggregateId: t.expose('aggregateId', {
      type: 'UUID',
      description: 'What it happened to; events with the same one are published in their order.',
    }),
    aggregateName: t.string({
      nullable: true,
      description:
        'What it happened to, by name: an account’s username, a job, a token, the identity provider, an alert’s rule; null if the payload has none.',
      resolve: ({ payload }) => aggregateNameIn(payload),
    }),
    familyId: t.expose('familyId', {
      type: 'UUID',
      nullable: true,
      description: 'The family that it concerns; null if none in particular.',
    }),
    payload: t.expose('payload', {
      type: 'JSON',
      description: 'What it says, by its JSON Schema at `/events/schemas/`; never a secret.',
    }),
    state: t.field({ type: State, description: 'Where it stands.', resolve: (event) => outboxState(event) }),
    retryCount: t.count('retryCount', 'How often it could not be published.'),
    errorMessage: t.textOrNull(
      'errorMessage',
      'Why it could not be published the last time; null if it was, or was not tried.',
    ),
    nextAttemptAt: t.atOrNull('nextAttemptAt', 'When it is tried again; null if it does not wait.'),
    parkedAt: t.atOrNull('parkedAt', 'When it was parked; else null.'),
    processedAt: t.atOrNull('processedAt', 'When it was published; null if it was not, or was asked for again.'),
    redeliveredAt: t.atOrNull(
      'redeliveredAt',
      'When somebody last asked for it again after it had been published; null if nobody did.',
    ),
    createdAt: t.at('createdAt', 'When it happened.'),
  }),
});

const Filter = builder.inputRef<OutboxFilter>('OutboxEventFilter').implement({
  description: 'Which events; all conditions that are given must hold.',
  fields: (t) => ({
    eventId: t.field({ type: 'UUID', description: 'The one with this id.' }),
    state: t.field({ type: State, description: 'That stand so.' }),
    eventType: t.field({ type: StringFilterInput, description: 'By their type.' }),
    aggregateType: t.string({ description: 'Of aggregates of this kind.' }),
    aggregateId: t.field({ type: 'UUID', description: 'Of this aggregate, for example an entry.' }),
    familyId: t.field({ type: 'UUID', description: 'That concern this family.' }),
    createdAt: t.field({ type: DateTimeRangeInput, description: 'That happened in this span.' }),
  }),
});
builder.queryField('outboxEvents', (t) =>
  t.connection(
    {
      type: OutboxEventRef,
      nullable: true,
      description: 'The events of the outbox, newest first.',
      args: { filter: t.arg({ type: Filter, description: 'Which events; left out: all.' }) },
      async resolve(_root, args, { caller, prisma, reading }) {
        await requireTypes(reading.query, namedIn(args.filter?.eventType));
        const where = { AND: [visibleTo(caller), condition(args.filter)] };
        const page = await newestFirstPage<OutboxEvent>(
          args,
          ({ sequence }) => Number(sequence),
          ({ below, above, direction, take }) =>
            prisma.outboxEvent.findMany({
              where: { AND: [where, { sequence: { lt: below, gt: above } }] },
              orderBy: { sequence: direction },
              take,
            }),
        );
        return { ...page, totalCount: () => prisma.outboxEvent.count({ where }) };
      },
    },
    { name: 'OutboxEventConnection' },
    { name: 'OutboxEventEdge' },
  ),
);

const Statistics = builder.objectRef<OutboxStatistics>('OutboxStatistics').implement({
  description: 'How the outbox stands.',
  fields: (t) => ({
    pendingCount: t.count(
      'pendingCount',
      'How many events are still to be published, those that wait after a failure among them.',
    ),
    waitingCount: t.count('waitingCount', 'How many of them wait after a failure.'),
    parkedCount: t.count('parkedCount', 'How many are parked.'),
    oldestPendingAge: t.field({
      type: 'Duration',
      nullable: true,
      description: 'How old the oldest is that is still to be published; null when none is.',
      resolve: ({ oldestPendingAgeMs }) => oldestPendingAgeMs,
    }),
    publishedPerSecond: t.exposeFloat('publishedPerSecond', {
      description: 'How many were published each second, over the last minute.',
    }),
    lastPublishedAt: t.atOrNull('lastPublishedAt', 'When one was published last; null when none is there that was.'),
  }),
});
builder.queryField('outboxStatistics', (t) =>
  t.field({
    type: Statistics,
    nullable: true,
    complexity: DEAR,
    description: 'How the outbox stands: what waits, since when, and what is parked.',
    resolve: (_root, _args, { reading }) => loadOutboxStatistics(reading),
  }),
);

const Input = builder.inputType('RedeliverOutboxEventInput', {
  description: 'An event to be published again.',
  fields: (t) => ({
    eventId: t.uuid('The event.'),
    reason: t.reason(),
    idempotencyKey: t.idempotencyKey('1 to 200 characters. The same key again within 24 h asks only once.'),
  }),
});
const Payload = builder.objectRef<RedeliveredEvent>('RedeliverOutboxEventPayload').implement({
  description: 'The event is published within moments, under the same id.',
  fields: (t) => ({
    outboxEvent: t.changed(
      OutboxEventRef,
      'outboxEvent',
      ({ eventId }) => ({ eventId }),
      'The event, as it stands now.',
    ),
    isChanged: t.flag('isChanged', 'False if it was about to be published anyway.'),
    isReplay: t.flag('isReplay', 'True if this idempotency key had been used: nothing was asked for again.'),
  }),
});
builder.mutationField('redeliverOutboxEvent', (t) =>
  t.field({
    type: Payload,
    nullable: true,
    description:
      'Publishes an event once more, out of its order: one that was published, one that is parked, or one that waits after a failure.',
    args: { input: t.arg({ type: Input, required: true, description: 'Which event.' }) },
    errors: { types: [InvalidInputError, NotFoundError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => redeliverOutboxEvent(ctx, input),
  }),
);
