/** Asking for an event again: `redeliverOutboxEvent`. */
import { IdempotencyConflictError } from '../../access/idempotency.ts';
import { builder } from '../../graphql/builder.ts';
import { InvalidInputError, NotFoundError } from '../../refusals.ts';
import { OutboxEventRef as OutboxEvent } from './outbox.graphql.ts';
import { type RedeliveredEvent, redeliverOutboxEvent } from './redeliver.ts';

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
    outboxEvent: t.changed(OutboxEvent, 'outboxEvent', ({ eventId }) => ({ eventId }), 'The event, as it stands now.'),
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
