/** The outbox in the API: events as they were written, and the state of each. */

import { IdempotencyConflictError } from '../../access/idempotency.ts';
import type { Queryable } from '../../database/database.ts';
import type { OutboxEvent, Prisma } from '../../database/generated/prisma/client.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import {
  DateTimeRangeInput,
  rangeCondition,
  type StringFilter,
  StringFilterInput,
  stringCondition,
} from '../../graphql/filters.ts';
import { numberedPage } from '../../graphql/keyset-number.ts';
import { mutation } from '../../graphql/mutation.ts';
import { NotFoundError } from '../../refusals.ts';
import type { Caller } from '../../work/caller.ts';
import { EVENT_TYPES, isEventType } from '../../work/event-types.rules.ts';
import { aggregateNameIn } from './aggregate-id.rules.ts';
import { loadOutboxStatistics, type OutboxStatistics } from './outbox-statistics.ts';
import { type OutboxState, outboxState } from './publishing.rules.ts';
import { redeliverOutboxEvent } from './redeliver.ts';

// By outbox_events_event_type_idx.
const UNHEARD_OF = `
  SELECT asked.type FROM unnest($1::text[]) AS asked(type)
  WHERE NOT EXISTS (SELECT FROM auth.outbox_events WHERE event_type = asked.type) LIMIT 1`;

/** Throws NotFoundError for a type that is not in the catalog and has no event in the outbox: SQL may insert others. */
async function requireTypes(query: Queryable['query'], asked: readonly string[]): Promise<void> {
  const strange = asked.filter((type) => !isEventType(type));
  if (strange.length === 0) return;
  const [unknown] = await query<{ type: string }>(UNHEARD_OF, [strange]);
  if (unknown !== undefined)
    throw new NotFoundError(
      `There is no type of event "${unknown.type.slice(0, 100)}". There are: ${EVENT_TYPES.join(', ')}.`,
    );
}

type OutboxFilter = typeof Filter.$inferInput;

/** The statistics count all waiting events, which may be many. */
const DEAR = 850;

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

/** A caller that is bound to a family sees only the events of that family. */
const visibleTo = ({ familyId }: Caller): Prisma.OutboxEventWhereInput => (familyId === null ? {} : { familyId });

const State = enumOf<OutboxState>('OutboxEventState', 'The state of an event.', {
  pending: 'It will be published within moments, in the order of its aggregate.',
  waiting: 'Publishing failed; it is tried again, and holds back later events of its aggregate.',
  parked: 'Publishing failed too often; `redeliverOutboxEvent` tries it again.',
  processed: 'It was published to every target.',
});
const OutboxEventRef = builder.prismaNode('OutboxEvent', {
  id: { field: 'eventId' },
  findUnique: (eventId, { caller }) => ({ eventId, AND: [visibleTo(caller)] }),
  nullable: true,
  description:
    'An event, written in the transaction of the change. It is published at least once: to webhooks, and by NOTIFY on the channel `family_hub_events`.',
  fields: (t) => ({
    eventId: t.key('eventId', 'The plain key: the `id` in its CloudEvents envelope, the same at every delivery.'),
    sequence: t.string({
      description:
        'Its number in the order of writing, of 20 digits, as in the envelope; comparable as text. Numbers may be missing.',
      resolve: ({ sequence }) => String(sequence).padStart(20, '0'),
    }),
    eventType: t.text(
      'eventType',
      'What happened, for example `ManagedAccountCreated`; `GET /events/schemas` lists all types.',
    ),
    eventVersion: t.count('eventVersion', 'The version of its payload.'),
    aggregateType: t.text('aggregateType', 'The kind of object that it is about.'),
    aggregateId: t.expose('aggregateId', {
      type: 'UUID',
      description: 'The object that it is about; events of one object are published in order.',
    }),
    aggregateName: t.string({
      nullable: true,
      description:
        'The name of that object: a username, a job, a token, the identity provider, an alert’s rule; null if the payload has none.',
      resolve: ({ payload }) => aggregateNameIn(payload),
    }),
    familyId: t.keyOrNull('familyId', 'The family that it is about; null if none.'),
    payload: t.expose('payload', {
      type: 'JSON',
      description: 'Its payload, by its JSON Schema at `/events/schemas/`; never a secret.',
    }),
    state: t.field({ type: State, description: 'Its state.', resolve: (event) => outboxState(event) }),
    retryCount: t.count('retryCount', 'How often publishing failed.'),
    errorMessage: t.textOrNull('errorMessage', 'Why publishing last failed; null if it succeeded or was not tried.'),
    nextAttemptAt: t.atOrNull('nextAttemptAt', 'When publishing is tried again; null if it does not wait.'),
    parkedAt: t.atOrNull('parkedAt', 'When it was parked; else null.'),
    processedAt: t.atOrNull(
      'processedAt',
      'When it was published; null if it was not, or if it is to be published again.',
    ),
    redeliveredAt: t.atOrNull('redeliveredAt', 'When it was last published again by request; null if never.'),
    createdAt: t.at('createdAt', 'When it happened.'),
  }),
});

const Filter = builder.inputType('OutboxEventFilter', {
  description: 'Filters events; all given conditions must hold.',
  fields: (t) => ({
    eventId: t.optionalUuid('The one with this id.'),
    state: t.field({ type: State, description: 'Only in this state.' }),
    eventType: t.field({ type: StringFilterInput, description: 'By their type.' }),
    aggregateType: t.string({ description: 'Of aggregates of this kind.' }),
    aggregateId: t.optionalUuid('Of this aggregate, for example an entry.'),
    familyId: t.optionalUuid('About this family.'),
    createdAt: t.field({ type: DateTimeRangeInput, description: 'From this span of time.' }),
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
        return numberedPage<OutboxEvent>(args, prisma, 'outboxEvent', 'sequence', where);
      },
    },
    { name: 'OutboxEventConnection' },
    { name: 'OutboxEventEdge' },
  ),
);

const Statistics = builder.objectRef<OutboxStatistics>('OutboxStatistics').implement({
  description: 'The state of the outbox.',
  fields: (t) => ({
    pendingCount: t.count(
      'pendingCount',
      'How many events are still to be published, including those that wait after a failure.',
    ),
    waitingCount: t.count('waitingCount', 'How many of them wait after a failure.'),
    parkedCount: t.count('parkedCount', 'How many are parked.'),
    oldestPendingAge: t.durationOrNull(
      'oldestPendingAgeMs',
      'The age of the oldest unpublished event; null when there is none.',
    ),
    publishedPerSecond: t.exposeFloat('publishedPerSecond', {
      description: 'How many were published each second, over the last minute.',
    }),
    lastPublishedAt: t.atOrNull(
      'lastPublishedAt',
      'When an event was last published; null if no published event is stored.',
    ),
  }),
});
builder.queryField('outboxStatistics', (t) =>
  t.field({
    type: Statistics,
    nullable: true,
    complexity: DEAR,
    description: 'The state of the outbox: how many events wait, since when, and how many are parked.',
    resolve: (_root, _args, { reading }) => loadOutboxStatistics(reading),
  }),
);

mutation('redeliverOutboxEvent', {
  description:
    'Publishes an event again, out of order: a published one, a parked one, or one that waits after a failure.',
  refusals: [NotFoundError, IdempotencyConflictError],
  input: {
    description: 'Which event to publish again.',
    fields: (t) => ({
      eventId: t.uuid('The event.'),
      reason: t.reason(),
      idempotencyKey: t.idempotencyKey('1 to 200 characters. The same key again within 24 h publishes only once.'),
    }),
  },
  resolve: (ctx, input) => redeliverOutboxEvent(ctx, input),
  payload: {
    description: 'The event is published within moments, under the same id.',
    fields: (t) => ({
      outboxEvent: t.changed(OutboxEventRef, 'outboxEvent', ({ eventId }) => ({ eventId }), 'The event as it is now.'),
      isChanged: t.flag('isChanged', 'False if it was going to be published anyway.'),
      isReplay: t.flag('isReplay', 'True if this idempotency key was used before; nothing is published again.'),
    }),
  },
});
