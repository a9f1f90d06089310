/** Asking for an event again: `redeliverOutboxEvent`. */
import { IdempotencyConflictError } from '../../access/idempotency.ts';
import type { Builder } from '../../graphql/builder.ts';
import { reasonText } from '../../graphql/reason-text.ts';
import { InvalidInputError, NotFoundError } from '../../refusals.ts';
import type { OutboxRefs } from './outbox.graphql.ts';
import { type RedeliveredEvent, redeliverOutboxEvent } from './redeliver.ts';

/** Adds `redeliverOutboxEvent`. */
export function addRedelivery(builder: Builder, { OutboxEvent }: OutboxRefs): void {
  const Input = builder.inputType('RedeliverOutboxEventInput', {
    description: 'An event to be published again.',
    fields: (t) => ({
      eventId: t.field({ type: 'UUID', required: true, description: 'The event.' }),
      reason: t.string({
        description: 'Why, for the record; at most 500 characters.',
        validate: reasonText.nullish(),
      }),
      idempotencyKey: t.string({
        description: '1 to 200 characters. The same key again within 24 h asks only once.',
      }),
    }),
  });
  const Payload = builder.objectRef<RedeliveredEvent>('RedeliverOutboxEventPayload').implement({
    description: 'The event is published within moments, under the same id.',
    fields: (t) => ({
      outboxEvent: t.prismaField({
        type: OutboxEvent,
        description: 'The event, as it stands now.',
        resolve: (query, { eventId }, _args, { prisma }) =>
          prisma.outboxEvent.findUniqueOrThrow({ ...query, where: { eventId } }),
      }),
      isChanged: t.exposeBoolean('isChanged', { description: 'False if it was about to be published anyway.' }),
      isReplay: t.exposeBoolean('isReplay', {
        description: 'True if this idempotency key had been used: nothing was asked for again.',
      }),
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
}
