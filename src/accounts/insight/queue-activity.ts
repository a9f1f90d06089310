/**
 * The queue's activity over time: entries enqueued, and the outcomes, durations and errors of attempts. Only
 * stored rows count: retention deletes the attempts of an entry together with it.
 */
import { LRUCache } from 'lru-cache';
import type { Queryable } from '../../database/database.ts';
import type { AttemptOutcome } from '../../database/generated/prisma/enums.ts';
import { shareReading } from '../../database/shared-reading.ts';
import { type ActivitySpan, bucketStarts } from './queue-activity.rules.ts';

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

export interface ActivityBucket extends Counts {
  readonly startsAt: Date;
}

export interface ErrorCount {
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
