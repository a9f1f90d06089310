/** `queueActivity`: throughput, failures and latency over time, for charts. */
import { builder } from '../../graphql/builder.ts';
import { Outcome } from '../entry.graphql.ts';
import { DEFAULT_BUCKETS, MOST_BUCKETS, spanOf } from './queue-activity.rules.ts';
import { type ActivityBucket, type ErrorCount, loadQueueActivity, type QueueActivity } from './queue-activity.ts';

const ENDED = 'Attempts that ended in it';
const INTERRUPTED_LEFT_OUT = 'without interrupted ones; null if there were none';

const Bucket = builder.objectRef<ActivityBucket>('ActivityBucket').implement({
  description: 'One part of the span.',
  fields: (t) => ({
    startsAt: t.at('startsAt', 'Its beginning; it ends where the next one begins.'),
    enqueuedCount: t.count('enqueuedCount', 'Entries enqueued in it.'),
    succeededCount: t.count('succeededCount', `${ENDED} and succeeded.`),
    transientFailureCount: t.count('transientFailureCount', `${ENDED} with a transient error.`),
    permanentFailureCount: t.count('permanentFailureCount', `${ENDED} with a permanent error.`),
    otherCount: t.count(
      'otherCount',
      `${ENDED} otherwise: configuration failures, unknown outcomes and interruptions.`,
    ),
    durationP50: t.expose('durationP50', {
      type: 'Duration',
      nullable: true,
      description: `The median duration of attempts that ended in it, ${INTERRUPTED_LEFT_OUT}.`,
    }),
    durationP95: t.expose('durationP95', {
      type: 'Duration',
      nullable: true,
      description: `The 95th percentile of the duration of attempts that ended in it, ${INTERRUPTED_LEFT_OUT}.`,
    }),
  }),
});
const Errors = builder.objectRef<ErrorCount>('ErrorCount').implement({
  description: 'How often attempts failed with one error in the span.',
  fields: (t) => ({
    errorCode: t.text('errorCode', 'The error code.'),
    outcome: t.expose('outcome', { type: Outcome, description: 'The outcome of these attempts.' }),
    count: t.count('count', 'How many attempts.'),
    lastAt: t.at('lastAt', 'When the last of them ended.'),
  }),
});
const Activity = builder.objectRef<QueueActivity>('QueueActivity').implement({
  description: 'The activity of the queue over time, counted from the stored entries and attempts.',
  fields: (t) => ({
    bucketLength: t.expose('bucketMs', {
      type: 'Duration',
      description: 'The length of a bucket; the last one ends at `to` and may be shorter.',
    }),
    buckets: t.list('buckets', Bucket, 'The buckets in order, without gaps; empty ones have zeros.'),
    errors: t.list('errors', Errors, 'The 20 most frequent errors of attempts in the span, the most frequent first.'),
  }),
});
builder.queryField('queueActivity', (t) =>
  t.field({
    // A long span takes seconds: this allows only a few in one request.
    complexity: 1_700,
    type: Activity,
    nullable: true,
    description:
      'The activity of the queue in [from, to), at most 400 days: entries enqueued, attempts by outcome and end, their durations and errors. Requests for the same span share one database query, so round `from` and `to`.',
    args: {
      from: t.arg({ type: 'DateTime', required: true, description: 'From this instant on, inclusive.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Before this instant.' }),
      buckets: t.arg.int({
        defaultValue: DEFAULT_BUCKETS,
        description: `The number of buckets, 1 to ${MOST_BUCKETS}; a very short span has fewer, since a bucket is at least a millisecond.`,
      }),
    },
    resolve: (_root, { from, to, buckets }, { reading, caller: { familyId } }) =>
      loadQueueActivity(reading, spanOf(from, to, buckets ?? DEFAULT_BUCKETS), familyId),
  }),
);
