/**
 * `fireLedgerAudit`: does each instant that was due have exactly one outcome? Computes what was due again from
 * the schedule's versions, and compares it with the ledger's rows, which it reads in batches.
 */
import type { Queryable } from '../../database/database.ts';
import { builder } from '../../graphql/builder.ts';
import { InvalidInputError } from '../../refusals.ts';
import { loadJobNames, unknownJob } from '../runs/known-job.ts';
import { type AuditReport, type LedgerRow, type MiscountedGap, startAudit } from './ledger-audit.rules.ts';
import { checkSpan, DAY_MS } from './ledger-rows.rules.ts';
import { countDueOver, historyOf, type ScheduleVersion } from './schedule-history.rules.ts';

export interface FireLedgerAudit extends AuditReport {
  /** The part of the span, [from, to), that could be checked; null when nothing could. */
  readonly checkedFrom: Date | null;
  readonly checkedTo: Date | null;
  /** What was not checked, and why; empty when everything was. */
  readonly notes: readonly string[];
}

export interface AuditOptions {
  readonly jobName: string;
  /** [from, to) */
  readonly from: Date;
  readonly to: Date;
  /** How long fires are kept; null: without limit. */
  readonly retentionMs: number | null;
}

const LONGEST_AUDIT_MS = 400 * DAY_MS;
/** A month of an every-second cron. */
const MOST_INSTANTS = 3_000_000;
/** Small enough that a batch and its merge do not block other work. */
const BATCH = 1000;

/**
 * Audits a job's ledger. Throws NotFoundError, or InvalidInputError for a span that is empty, longer than 400
 * days, or holds more than 3,000,000 due instants.
 */
export async function auditLedger(db: Queryable, options: AuditOptions): Promise<FireLedgerAudit> {
  const { jobName, from, to } = options;
  checkSpan(from, to, LONGEST_AUDIT_MS);
  const { resolvedThrough, keptSince, knownAfter, versions } = await loadVersions(db, options);
  const history = historyOf(versions, resolvedThrough);
  const span = {
    after: Math.max(
      from.getTime() - 1,
      timeOf(knownAfter, Number.POSITIVE_INFINITY),
      timeOf(keptSince, Number.NEGATIVE_INFINITY) - 1,
    ),
    through: Math.min(to.getTime() - 1, resolvedThrough.getTime()),
  };
  const reasons = notesOn({ from, to, knownAfter, keptSince, resolvedThrough });
  if (span.after >= span.through) {
    const notes = ['Nothing of this span was checked.', ...reasons];
    return { ...startAudit([], { after: 0, through: 0 }).finish(), checkedFrom: null, checkedTo: null, notes };
  }
  const count = countDueOver(history, span);
  if (count > MOST_INSTANTS) {
    const message = `In that span ${grouped(count)} instants were due. At most ${grouped(MOST_INSTANTS)} are checked at once: request a shorter span.`;
    throw new InvalidInputError([{ path: ['to'], message, code: 'TOO_LONG' }]);
  }
  const audit = startAudit(history, span);
  for await (const batch of rowsOf(db, jobName, new Date(span.after + 1), new Date(span.through))) {
    for (const row of batch) audit.add(row);
  }
  return {
    ...audit.finish(),
    checkedFrom: new Date(span.after + 1),
    checkedTo: new Date(span.through + 1),
    notes: reasons,
  };
}

/** The versions that were in force in the span; the first may have begun before it. */
async function loadVersions(db: Queryable, { jobName, from, to, retentionMs }: AuditOptions) {
  const rows = await db.query<
    { resolvedThrough: Date; keptSince: Date | null; knownAfter: Date | null } & {
      [K in keyof ScheduleVersion]: ScheduleVersion[K] | null;
    }
  >(
    `SELECT schedule.resolved_through AS "resolvedThrough",
            date_trunc('milliseconds', now()) - $4::float8 * interval '1 millisecond' AS "keptSince",
            (SELECT min(in_force_after) FROM auth.job_schedule_versions WHERE job_name = $1) AS "knownAfter",
            version.version, version.in_force_after AS "inForceAfter", version.cron, version.time_zone AS "timeZone"
       FROM auth.job_schedules AS schedule
       LEFT JOIN auth.job_schedule_versions AS version
              ON version.job_name = schedule.name AND version.in_force_after < $3
             AND version.version >= COALESCE((SELECT max(version) FROM auth.job_schedule_versions
                                               WHERE job_name = $1 AND in_force_after < $2), 0)
      WHERE schedule.name = $1
      ORDER BY version.version`,
    [jobName, from, to, retentionMs],
  );
  const [first] = rows;
  if (first === undefined) throw unknownJob(jobName, await loadJobNames(db));
  const versions = rows.filter((row): row is typeof row & ScheduleVersion => row.version !== null);
  const { resolvedThrough, keptSince, knownAfter } = first;
  return { resolvedThrough, keptSince, knownAfter, versions };
}

/** The rows that reach into [from, through], in batches; other work runs between two batches. */
async function* rowsOf(db: Queryable, jobName: string, from: Date, through: Date): AsyncGenerator<LedgerRow[]> {
  // The newest row that begins before the span may be a gap that reaches into it.
  let beyond = await beginOf(db, jobName, from);
  for (;;) {
    const rows = await db.query<LedgerRow>(
      `SELECT (extract(epoch FROM fired_at) * 1000)::float8 AS "firedAt",
              (extract(epoch FROM through_at) * 1000)::float8 AS "throughAt", count
         FROM auth.job_fires
        WHERE job_name = $1 AND fired_at > $2 AND fired_at <= $3
        ORDER BY fired_at
        LIMIT $4`,
      [jobName, beyond, through, BATCH],
    );
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    beyond = new Date(last.firedAt);
  }
}

async function beginOf(db: Queryable, jobName: string, from: Date): Promise<Date> {
  const [row] = await db.query<{ beyond: Date }>(
    `SELECT COALESCE(max(fired_at), $2) - interval '1 millisecond' AS beyond
       FROM auth.job_fires WHERE job_name = $1 AND fired_at <= $2`,
    [jobName, from],
  );
  return row?.beyond ?? from;
}

interface Limits {
  readonly from: Date;
  readonly to: Date;
  /** The first stored version applies after this instant; null when there is no version. */
  readonly knownAfter: Date | null;
  readonly keptSince: Date | null;
  readonly resolvedThrough: Date;
}

function notesOn({ from, to, knownAfter, keptSince, resolvedThrough }: Limits): string[] {
  if (knownAfter === null) return ['No version of the schedule is on record: no node that knows the job has started.'];
  const isDropped = keptSince !== null && keptSince > knownAfter;
  return [
    ...(isDropped && from < keptSince
      ? [`Instants before ${keptSince.toISOString()} were not checked: fires are not kept for longer.`]
      : []),
    ...(!isDropped && from <= knownAfter
      ? [`Instants up to ${knownAfter.toISOString()} were not checked: the schedule is on record only after that.`]
      : []),
    ...(to.getTime() - 1 > resolvedThrough.getTime()
      ? [`Instants after ${resolvedThrough.toISOString()} were not checked: they are not resolved yet.`]
      : []),
  ];
}

const timeOf = (at: Date | null, otherwise: number): number => at?.getTime() ?? otherwise;

const grouped = (count: number) => count.toLocaleString('en-US');

const LISTED = 'The oldest first, at most 100.';

const Miscounted = builder.objectRef<MiscountedGap>('MiscountedGap').implement({
  description: 'A gap in the ledger whose count is not the number of its instants.',
  fields: (t) => ({
    firstAt: t.field({
      type: 'DateTime',
      description: 'Its first instant.',
      resolve: ({ firedAt }) => new Date(firedAt),
    }),
    lastAt: t.field({
      type: 'DateTime',
      description: 'Its last instant.',
      resolve: ({ throughAt }) => new Date(throughAt),
    }),
    recordedCount: t.count('count', 'The count that is stored.'),
    dueCount: t.count('dueCount', 'How many instants were due from its first to its last.'),
  }),
});
const Audit = builder.objectRef<FireLedgerAudit>('FireLedgerAudit').implement({
  description:
    'What was due, recomputed from the versions of the schedule, compared with the ledger. It covers only what can be checked: instants that have an outcome, whose schedule version is known and whose fires are still stored.',
  fields: (t) => ({
    isComplete: t.boolean({
      description:
        'True if the checked part is correct: each due instant has exactly one outcome, and there are no others. It says nothing about unchecked parts: see `checkedFromAt` and `notes`.',
      resolve: ({ missingCount, extraCount, miscountedCount }) => missingCount + extraCount + miscountedCount === 0,
    }),
    checkedFromAt: t.atOrNull(
      'checkedFrom',
      'The beginning of the checked span, inclusive; null when nothing could be checked.',
    ),
    checkedToAt: t.atOrNull('checkedTo', 'The end of the checked span, exclusive; null when nothing could be checked.'),
    notes: t.list('notes', 'String', 'Which parts of the span were not checked, and why; empty when all were.'),
    dueCount: t.count('dueCount', 'How many instants were due.'),
    recordedCount: t.count(
      'recordedCount',
      'How many instants the ledger has: the due ones, minus the missing, plus the extra ones.',
    ),
    missing: t.field({
      type: ['DateTime'],
      description: `Instants that were due and have no outcome. ${LISTED}`,
      resolve: ({ missing }) => missing.map((at) => new Date(at)),
    }),
    missingCount: t.count('missingCount', 'How many instants are missing, including those that are not listed.'),
    extra: t.field({
      type: ['DateTime'],
      description: `Instants in the ledger that were not due, or that are there twice. ${LISTED}`,
      resolve: ({ extra }) => extra.map((at) => new Date(at)),
    }),
    extraCount: t.count('extraCount', 'How many instants are extra, including those that are not listed.'),
    miscounted: t.list('miscounted', Miscounted, `Gaps whose stored count is wrong. ${LISTED}`),
    miscountedCount: t.count(
      'miscountedCount',
      'How many gaps have a wrong count, including those that are not listed.',
    ),
  }),
});
builder.queryField('fireLedgerAudit', (t) =>
  t.field({
    // Up to a second of work: a request may have a few, not sixty.
    complexity: 3_500,
    type: Audit,
    nullable: true,
    description:
      'Recomputes what was due in [from, to) and compares it with the job’s ledger; at most 400 days and 3,000,000 instants.',
    args: {
      jobName: t.arg.string({ required: true, description: 'The name of the job.' }),
      from: t.arg({ type: 'DateTime', required: true, description: 'From this instant on, inclusive.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'Before this instant.' }),
    },
    resolve: (_root, { jobName, from, to }, { reading, config }) =>
      auditLedger(reading, { jobName, from, to, retentionMs: config.HISTORY_RETENTION }),
  }),
);
