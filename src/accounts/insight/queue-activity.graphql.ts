/** `queueActivity`: throughput, failures and latency over time, for charts. */
import { builder } from '../../graphql/builder.ts';
import { Outcome } from '../entry.graphql.ts';
import { DEFAULT_BUCKETS, MOST_BUCKETS, spanOf } from './queue-activity.rules.ts';
import { type ActivityBucket, type ErrorCount, loadQueueActivity, type QueueActivity } from './queue-activity.ts';

const ENDED = 'Attempts that ended in it';
const INTERRUPTED_LEFT_OUT = 'without interrupted ones; null when there were none';

const Bucket = builder.objectRef<ActivityBucket>('ActivityBucket').implement({
  description: 'What happened in one stretch of the span.',
  fields: (t) => ({
    startsAt: t.at('startsAt', 'Its beginning; it ends where the next begins.'),
    enqueuedCount: t.count('enqueuedCount', 'Entries that were enqueued in it.'),
    succeededCount: t.count('succeededCount', `${ENDED} and succeeded.`),
    transientFailureCount: t.count('transientFailureCount', `${ENDED} and failed for a reason that may pass.`),
    permanentFailureCount: t.count('permanentFailureCount', `${ENDED} and failed for a reason that stays.`),
    otherCount: t.count(
      'otherCount',
      `${ENDED} otherwise: configuration failures, unknown outcomes, interrupted ones.`,
    ),
    durationP50: t.expose('durationP50', {
      type: 'Duration',
      nullable: true,
      description: `Half of the attempts that ended in it took no longer, ${INTERRUPTED_LEFT_OUT}.`,
    }),
    durationP95: t.expose('durationP95', {
      type: 'Duration',
      nullable: true,
      description: `Of a hundred attempts that ended in it 95 took no longer, ${INTERRUPTED_LEFT_OUT}.`,
    }),
  }),
});
const Errors = builder.objectRef<ErrorCount>('ErrorCount').implement({
  description: 'How often attempts of the span failed with one error.',
  fields: (t) => ({
    errorCode: t.text('errorCode', 'Our stable code of the failure.'),
    outcome: t.expose('outcome', { type: Outcome, description: 'How these attempts ended.' }),
    count: t.count('count', 'How many they were.'),
    lastAt: t.at('lastAt', 'When the last of them ended.'),
  }),
});
const Activity = builder.objectRef<QueueActivity>('QueueActivity').implement({
  description: 'What the queue did over time, counted from entries and attempts that are kept.',
  fields: (t) => ({
    bucketLength: t.expose('bucketMs', {
      type: 'Duration',
      description: 'How long each bucket is; the last one ends at `to`, and so may be shorter.',
    }),
    buckets: t.field({
      type: [Bucket],
      description: 'The span in order, without gaps; empty ones have zeros.',
      resolve: ({ buckets }) => [...buckets],
    }),
    errors: t.field({
      type: [Errors],
      description: 'What attempts of the span failed with: the 20 most frequent, the most frequent first.',
      resolve: ({ errors }) => [...errors],
    }),
  }),
});
builder.queryField('queueActivity', (t) =>
  t.field({
    // A long span is seconds of work: a few in one request.
    complexity: 1_000,
    type: Activity,
    nullable: true,
    description:
      'What the queue did in [from, to), at most 400 days: entries enqueued, attempts by how and when they ended, how long they took, what they failed with. Whoever asks for the same span as others shares their reading: round `from` and `to`.',
    args: {
      from: t.arg({ type: 'DateTime', required: true, description: 'From this instant on, itself included.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Before this instant.' }),
      buckets: t.arg.int({
        defaultValue: DEFAULT_BUCKETS,
        description: `Into how many buckets the span is cut, 1 to ${MOST_BUCKETS}; fewer come where whole milliseconds do not allow it.`,
      }),
    },
    resolve: (_root, { from, to, buckets }, { reading, caller: { familyId } }) =>
      loadQueueActivity(reading, spanOf(from, to, buckets ?? DEFAULT_BUCKETS), familyId),
  }),
);
