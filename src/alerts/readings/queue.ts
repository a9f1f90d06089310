/** Alerts over the queue: entries that failed for good, entries that nobody attempts, a forgotten pause. */
import { groupAction, groupCure } from '../../diagnosis/failure-messages.ts';
import { definitionOf } from '../../diagnosis/failures.ts';
import { type AlertRule, type Finding, findingsOf, MOST_FINDINGS, type Thresholds } from '../alert-rule.ts';
import { at, counted, inWords } from '../wording.rules.ts';
import { IN_USE } from './circuit.ts';

/** Failures that one reading counts: some 20 ms of an index alone. */
const MOST_COUNTED = 100_000;
/** Overdue entries among which one is looked for that no pause covers. */
const MOST_OVERDUE = 1_000;

// Served by queued_managed_account_creations_failed_at_idx alone.
const FAILED = `
  SELECT coalesce(failure_group, last_error_code, '') AS key, max(failure_group) AS "failureGroup",
         max(last_error_code) AS code, count(*)::int AS count, min(failed_at) AS since,
         sum(count(*)) OVER () >= $2 AS "isCut"
  FROM (SELECT failure_group, last_error_code, failed_at FROM auth.queued_managed_account_creations
        WHERE status = 'failed' AND failed_at > now() - $1 * interval '1 millisecond'
        ORDER BY failed_at DESC LIMIT $2) AS failed
  GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT $3`;

interface FailedRow {
  readonly key: string;
  readonly failureGroup: string | null;
  readonly code: string | null;
  readonly count: number;
  readonly since: Date;
  readonly isCut: boolean;
}

const failedFinding = ({ key, failureGroup, code, count, since }: FailedRow): Finding => {
  const errorCode = code === null ? {} : { errorCode: { equals: code } };
  const action = code === null ? 'RETRY' : groupAction(code);
  return {
    groupKey: key,
    subject: { kind: 'failure_group', key: failureGroup },
    count,
    since,
    summary: `${counted(count, 'entry', 'entries')} failed for good ${cause(code)}`,
    advice:
      (code === null ? null : groupCure(code)) ??
      'Look at the attempts of one of them, mend the cause, then retry the entries of this group or cancel them.',
    cure:
      action === null
        ? null
        : {
            label: action === 'RETRY' ? 'Plan a retry of these entries' : 'Plan a cancel of these entries',
            mutation: 'planBulkAction',
            input: {
              action,
              filter: { status: ['FAILED'], ...(failureGroup === null ? errorCode : { failureGroup }) },
            },
          },
  };
};

/** The code for scripts and searches, the sentence for people. */
function cause(code: string | null): string {
  if (code === null) return 'without an error code.';
  const what = definitionOf(code)?.what;
  return what === undefined ? `with ${code}.` : `with ${code}. ${what}`;
}

// Due entries by queued_managed_account_creations_due_idx.
const OVERDUE = `
  WITH due AS (
    SELECT family_id, next_retry_at AS due_at FROM auth.queued_managed_account_creations
    WHERE status = 'pending' AND NOT is_held AND next_retry_at < now() - $1 * interval '1 millisecond'
    ORDER BY next_retry_at LIMIT $2
  ), waiting AS (
    SELECT due_at FROM due
    WHERE NOT EXISTS (SELECT FROM auth.queue_pauses AS pause
                      WHERE (pause.family_id IS NULL OR pause.family_id = due.family_id)
                        AND (pause.paused_until IS NULL OR pause.paused_until > now()))
  )
  SELECT count(*)::int AS count, min(due_at) AS since,
         (SELECT count(*) FROM due) = $2 AS "isCut",
         EXISTS (SELECT FROM auth.identity_circuits WHERE state <> 'closed' AND ${IN_USE}) AS "isCircuitOpen",
         EXISTS (SELECT FROM auth.queue_limits WHERE starts_per_second IS NOT NULL OR concurrency IS NOT NULL) AS "isLimited"
  FROM waiting HAVING count(*) > 0`;

interface OverdueRow {
  readonly count: number;
  readonly since: Date;
  readonly isCut: boolean;
  readonly isCircuitOpen: boolean;
  readonly isLimited: boolean;
}

const overdueFinding = (row: OverdueRow): Finding => {
  const { count, since, isCut } = row;
  return {
    groupKey: '',
    subject: { kind: 'queue', key: null },
    count,
    since,
    summary: `The oldest due entry has waited since ${at(since)}; ${isCut ? 'at least ' : ''}${counted(count, 'entry is', 'entries are')} overdue.`,
    ...overdueRemedy(row),
  };
};

const overdueRemedy = ({ isCircuitOpen, isLimited }: OverdueRow): Pick<Finding, 'advice' | 'cure'> => {
  if (isCircuitOpen)
    return {
      advice: 'The identity provider’s circuit is open: mend what it names, and the entries go on by themselves.',
      cure: { label: 'Close the circuit', mutation: 'closeCircuit', input: {} },
    };
  return {
    advice: isLimited
      ? 'The queue’s limits may be too low for what is due (queueControl), or the nodes too slow (queueForecast).'
      : 'See whether nodes are running and what they have in hand (serverNodes), and how fast they are (queueForecast).',
    cure: null,
  };
};

const PAUSED = `
  SELECT paused_at AS since FROM auth.queue_pauses
  WHERE family_id IS NULL AND paused_at < now() - $1 * interval '1 millisecond'
    AND (paused_until IS NULL OR paused_until > now())`;

const pausedFinding = ({ since }: { readonly since: Date }): Finding => ({
  groupKey: '',
  subject: { kind: 'queue', key: null },
  count: 1,
  since,
  summary: `The whole queue has been paused since ${at(since)}: nothing is attempted.`,
  advice: 'Look who paused it and why (queueControl). If it was forgotten, resume it.',
  cure: { label: 'Resume the queue', mutation: 'resumeQueue', input: {} },
});

export const queueRules = ({ ENTRY_FAILED, ENTRY_OVERDUE, QUEUE_PAUSED }: Thresholds): AlertRule[] => [
  {
    name: 'ENTRY_FAILED',
    severity: 'warning',
    description:
      'Entries failed for good: one alert for each cause, however many they are. It is over when none of them is left failed (retried, cancelled or deleted), or when the last of them failed long ago.',
    looksAt: 'Failed entries, by their failure group.',
    threshold: `one entry in the last ${inWords(ENTRY_FAILED)}`,
    async find(db) {
      const rows = await db.query<FailedRow>(FAILED, [ENTRY_FAILED, MOST_COUNTED, MOST_FINDINGS + 1]);
      const { findings, isComplete } = findingsOf(rows, failedFinding);
      return { findings, isComplete: isComplete && rows[0]?.isCut !== true };
    },
  },
  {
    name: 'ENTRY_OVERDUE',
    severity: 'critical',
    description:
      'Entries are due and nobody attempts them: no node, an open circuit, limits, or too much to do. What somebody paused does not count. It is over when what is due is attempted in time.',
    looksAt: `The ${MOST_OVERDUE.toLocaleString('en-GB')} entries that have been due for the longest.`,
    threshold: `due for longer than ${inWords(ENTRY_OVERDUE)}`,
    async find(db) {
      const rows = await db.query<OverdueRow>(OVERDUE, [ENTRY_OVERDUE, MOST_OVERDUE]);
      return findingsOf(rows, overdueFinding);
    },
  },
  {
    name: 'QUEUE_PAUSED',
    severity: 'warning',
    description:
      'The whole queue has been paused for long, and may have been forgotten. It is over when it is resumed.',
    looksAt: 'The pause of the whole queue; those of families are theirs who made them.',
    threshold: `paused for longer than ${inWords(QUEUE_PAUSED)}`,
    find: async (db) => findingsOf(await db.query<{ since: Date }>(PAUSED, [QUEUE_PAUSED]), pausedFinding),
  },
];
