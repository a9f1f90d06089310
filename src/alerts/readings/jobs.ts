/** Alerts over jobs: fires that came late or never, runs that fail again and again. */

import { type AlertRule, type Finding, findingsOf, type Thresholds } from '../alert-rule.ts';
import { at, counted, inWords } from '../wording.rules.ts';

/** For how long a late or missed fire keeps the alert on. */
const WINDOW_MS = 3_600_000;

// By job_fires_job_name_outcome_idx, the newest of each job and outcome. A gap's row is as new as
// its last instant was written; a row may be lengthened later, but never one of these outcomes.
const MISSED = `
  SELECT schedule.name, sum(fire.count)::int AS count, min(fire.created_at) AS since,
         coalesce(sum(fire.count) FILTER (WHERE fire.outcome = 'missed'), 0)::int AS missed,
         max(fire.through_at) AS "lastAt"
  FROM auth.job_schedules AS schedule
  CROSS JOIN unnest('{late,caught_up,missed}'::auth.fire_outcome[]) AS kind
  CROSS JOIN LATERAL (
    SELECT outcome, count, fired_at, through_at, started_at, created_at FROM auth.job_fires
    WHERE job_name = schedule.name AND outcome = kind ORDER BY fired_at DESC LIMIT 100
  ) AS fire
  WHERE fire.created_at > now() - $1 * interval '1 millisecond'
    AND (fire.outcome = 'missed'
         OR coalesce(fire.started_at, now()) - fire.fired_at > $2 * interval '1 millisecond')
  GROUP BY schedule.name ORDER BY schedule.name LIMIT 101`;

interface MissedRow {
  readonly name: string;
  readonly count: number;
  readonly missed: number;
  readonly since: Date;
  readonly lastAt: Date;
}

const missedFinding = ({ name, count, missed, since, lastAt }: MissedRow): Finding => ({
  groupKey: name,
  subject: { kind: 'job', key: name },
  count,
  since,
  summary: `${name} ${
    missed === count ? 'missed' : missed === 0 ? 'began late at' : 'missed or began late at'
  } ${counted(count, 'of its times', 'of its times')}, the last ${at(lastAt)}.`,
  advice:
    'The job’s fires say why each was late or missed; most often no node was running then. If it should not wait for its next time, run it now.',
  cure: { label: 'Run the job now', mutation: 'runJobNow', input: { jobName: name } },
});

// The newest run that ended, and the one before, by job_runs_job_name_started_at_idx. Runs that
// were broken off say nothing about the job.
const FAILING = `
  SELECT schedule.name, failing.count, failing.since
  FROM auth.job_schedules AS schedule
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE successes = 0)::int AS count,
           min(coalesce(finished_at, started_at)) FILTER (WHERE successes = 0) AS since
    FROM (SELECT finished_at, started_at,
                 count(*) FILTER (WHERE status = 'succeeded') OVER (ORDER BY started_at DESC, id DESC) AS successes
          FROM (SELECT id, status, started_at, finished_at FROM auth.job_runs
                WHERE job_name = schedule.name ORDER BY started_at DESC, id DESC LIMIT 50) AS newest
          WHERE status IN ('succeeded', 'failed')) AS ended
  ) AS failing
  WHERE failing.count >= 2 ORDER BY schedule.name LIMIT 101`;

interface FailingRow {
  readonly name: string;
  readonly count: number;
  readonly since: Date;
}

const failingFinding = ({ name, count, since }: FailingRow): Finding => ({
  groupKey: name,
  subject: { kind: 'job', key: name },
  count,
  since,
  summary: `The last ${counted(count, 'run', 'runs')} of ${name} failed.`,
  advice: 'Its runs have the error messages, and the log the rest; when the cause is mended, run it once to see.',
  cure: { label: 'Run the job now', mutation: 'runJobNow', input: { jobName: name } },
});

export const jobRules = ({ FIRE_MISSED }: Thresholds): AlertRule[] => [
  {
    name: 'FIRE_MISSED',
    severity: 'warning',
    description: `A job began long after its time, or did not run at all for one. It is over when for ${inWords(WINDOW_MS)} no more were found.`,
    looksAt: 'The newest late, caught-up and missed fires of each job.',
    threshold: `later than ${inWords(FIRE_MISSED)}, or missed, in the last ${inWords(WINDOW_MS)}`,
    find: async (db) => findingsOf(await db.query<MissedRow>(MISSED, [WINDOW_MS, FIRE_MISSED]), missedFinding),
  },
  {
    name: 'JOB_FAILING',
    severity: 'warning',
    description: 'A job failed twice running or more. It is over when a run of it succeeds.',
    looksAt: 'The newest runs of each job that succeeded or failed.',
    threshold: '2 failed runs without a success between',
    find: async (db) => findingsOf(await db.query<FailingRow>(FAILING), failingFinding),
  },
];
