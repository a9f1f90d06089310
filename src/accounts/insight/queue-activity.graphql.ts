/**
 * `queueActivity`: entries enqueued, and the outcomes, durations and errors of attempts over time, for charts.
 * Only stored rows count: retention deletes the attempts of an entry together with it.
 */
import { LRUCache } from 'lru-cache';
import type { Queryable } from '../../database/database.ts';
import type { AttemptOutcome } from '../../database/generated/prisma/enums.ts';
import { shareReading } from '../../database/shared-reading.ts';
import { builder } from '../../graphql/builder.ts';
import { Outcome } from '../entry.graphql.ts';
import { type ActivitySpan, bucketStarts, DEFAULT_BUCKETS, MOST_BUCKETS, spanOf } from './queue-activity.rules.ts';

/** Counts of the attempts that ended in a bucket, and of the entries that were enqueued in it. */
interface Counts {
  readonly enqueuedCount: number;
  readonly succeededCount: number;
  readonly transientFailureCount: number;
  readonly permanentFailureCount: number;
  readonly otherCount: number;
  /** Milliseconds; null if only interrupted attempts, or none, ended. */
  readonly durationP50: number | null;
  readonly durationP95: number | null;
}

interface ActivityBucket extends Counts {
  readonly startsAt: Date;
}

interface ErrorCount {
  readonly errorCode: string;
  readonly outcome: AttemptOutcome;
  readonly count: number;
  readonly lastAt: Date;
}

export interface QueueActivity {
  readonly bucketMs: number;
  readonly buckets: readonly ActivityBucket[];
  readonly errors: readonly ErrorCount[];
}

const MOST_ERRORS = 20;

/**
 * One statement, so that all data come from one snapshot. It finds attempts by
 * account_creation_attempts_finished_at_idx (BRIN), as far as they are stored in the order in which they ended,
 * and entries in queued_managed_account_creations_created_at_idx alone. Durations exclude interrupted attempts:
 * they ended when a takeover found them, which says nothing about the provider's speed. `attempts` and
 * `entries` are additional conditions that restrict it to a family.
 */
const activityWhere = (attempts: string, entries: string): string => `
  WITH attempted AS MATERIALIZED (
    SELECT date_bin($3 * interval '1 millisecond', finished_at, $1::timestamptz) AS bucket,
           outcome, error_code, finished_at, finished_at - started_at AS duration
    FROM auth.account_creation_attempts
    WHERE finished_at >= $1::timestamptz AND finished_at < $2::timestamptz ${attempts}
  ), ended AS (
    SELECT extract(epoch FROM bucket) * 1000 AS "startMs",
           count(*) FILTER (WHERE outcome = 'succeeded') AS "succeededCount",
           count(*) FILTER (WHERE outcome = 'transient_failure') AS "transientFailureCount",
           count(*) FILTER (WHERE outcome = 'permanent_failure') AS "permanentFailureCount",
           count(*) FILTER (WHERE outcome NOT IN ('succeeded', 'transient_failure', 'permanent_failure')) AS "otherCount",
           (SELECT array_agg(extract(epoch FROM one) * 1000 ORDER BY place)
            FROM unnest(percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY duration) FILTER (WHERE outcome <> 'interrupted'))
                 WITH ORDINALITY AS percentile(one, place)) AS durations
    FROM attempted GROUP BY bucket
  ), enqueued AS (
    SELECT extract(epoch FROM bucket) * 1000 AS "startMs", count(*) AS count
    FROM (
      SELECT date_bin($3 * interval '1 millisecond', created_at, $1::timestamptz) AS bucket
      FROM auth.queued_managed_account_creations
      WHERE created_at >= $1::timestamptz AND created_at < $2::timestamptz ${entries}
    ) AS created GROUP BY bucket
  ), failed AS (
    SELECT error_code AS "errorCode", outcome, count(*) AS count, extract(epoch FROM max(finished_at)) * 1000 AS "lastMs"
    FROM attempted WHERE error_code IS NOT NULL
    GROUP BY error_code, outcome
    ORDER BY count(*) DESC, error_code, outcome LIMIT ${MOST_ERRORS}
  )
  SELECT (SELECT coalesce(json_agg(ended), '[]') FROM ended) AS ended,
         (SELECT coalesce(json_agg(enqueued), '[]') FROM enqueued) AS enqueued,
         (SELECT coalesce(json_agg(failed), '[]') FROM failed) AS failed`;

const ACTIVITY = activityWhere('', '');
const ACTIVITY_OF_FAMILY = activityWhere(
  'AND entry_id IN (SELECT id FROM auth.queued_managed_account_creations WHERE family_id = $4::uuid)',
  'AND family_id = $4::uuid',
);

interface ActivityRow {
  readonly ended: readonly (Omit<Counts, 'enqueuedCount' | 'durationP50' | 'durationP95'> & {
    readonly startMs: number;
    readonly durations: readonly number[] | null;
  })[];
  readonly enqueued: readonly { readonly startMs: number; readonly count: number }[];
  readonly failed: readonly (Omit<ErrorCount, 'lastAt'> & { readonly lastMs: number })[];
}

async function readActivity(db: Queryable, span: ActivitySpan, familyId: string | null): Promise<QueueActivity> {
  const values = [span.from, span.to, span.bucketMs];
  const [row] =
    familyId === null
      ? await db.query<ActivityRow>(ACTIVITY, values)
      : await db.query<ActivityRow>(ACTIVITY_OF_FAMILY, [...values, familyId]);
  if (row === undefined) throw new Error('The activity had no row');
  const ended = new Map(row.ended.map((one) => [one.startMs, one]));
  const enqueued = new Map(row.enqueued.map(({ startMs, count }) => [startMs, count]));
  return {
    bucketMs: span.bucketMs,
    buckets: bucketStarts(span).map((startsAt): ActivityBucket => {
      const found = ended.get(startsAt.getTime());
      return {
        startsAt,
        enqueuedCount: enqueued.get(startsAt.getTime()) ?? 0,
        succeededCount: found?.succeededCount ?? 0,
        transientFailureCount: found?.transientFailureCount ?? 0,
        permanentFailureCount: found?.permanentFailureCount ?? 0,
        otherCount: found?.otherCount ?? 0,
        durationP50: found?.durations?.[0] ?? null,
        durationP95: found?.durations?.[1] ?? null,
      };
    }),
    errors: row.failed.map(({ lastMs, ...rest }) => ({ ...rest, lastAt: new Date(lastMs) })),
  };
}

/** The arguments of a query: calls with the same arguments share one query. */
interface Question {
  readonly db: Queryable;
  readonly span: ActivitySpan;
  readonly familyId: string | null;
}

const QUESTIONS_KEPT = 100;
const questions = new WeakMap<Queryable, LRUCache<string, Question>>();

const readShared = shareReading(({ db, span, familyId }: Question) => readActivity(db, span, familyId));

/** Returns the activity in a span, of all families or of one; concurrent equal calls share one query. */
export function loadQueueActivity(db: Queryable, span: ActivitySpan, familyId: string | null): Promise<QueueActivity> {
  const known = questions.get(db) ?? new LRUCache<string, Question>({ max: QUESTIONS_KEPT });
  questions.set(db, known);
  const name = JSON.stringify([span, familyId]);
  const question = known.get(name) ?? { db, span, familyId };
  known.set(name, question);
  return readShared(question);
}

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
