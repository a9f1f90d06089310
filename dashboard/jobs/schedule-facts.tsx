/** A schedule's timing, its pause, and the result of its last run, shared by the cards and the page. */

import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { CureButton } from '../actions/action-button.tsx';
import { type FragmentOf, graphql } from '../graphql/graphql.ts';
import { Facts } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { Sparkline } from '../ui/graphs.tsx';
import { durationMs, lengthOf } from '../ui/instants.rules.ts';
import { Notice } from '../ui/notice.tsx';
import { Badge, Status } from '../ui/text.tsx';
import { Length, Time } from '../ui/time.tsx';
import { FIRE_OUTCOME, MISFIRE_POLICY, RUN_STATUS } from '../ui/words.ts';
import { capital, isSkipped } from './fire.rules.ts';
import { DstMark, FireStrip } from './fires.tsx';

/* The fields that every view of a schedule queries. */

export const RunningFields = graphql(`
  fragment RunningFields on JobRun @_unmask {
    id runId status trigger actor startedAt
    counts { name value }
    progress { doneCount totalCount label updatedAt }
    interruption { by interruptedAt reason }
    job { id name }
  }
`);
export type RunningRun = FragmentOf<typeof RunningFields>;

export const ScheduleFields = graphql(
  `
  fragment ScheduleFields on JobSchedule @_unmask {
    id name description cron cronDescription timeZone misfirePolicy isOverridden isPaused version nextFireAt
    pause { by reason pausedAt until }
    nextFireTimes(first: 5) { at localTime dst }
    currentRun { ...RunningFields }
    lastRun { id runId status finishedAt duration errorMessage }
    previousFireAt lastFireSummary
    explanation { blockers { __typename message at cure { label mutation input } } }
    runs(first: 30) { nodes { id runId status duration startedAt } }
  }
`,
  [RunningFields],
);
export type Schedule = FragmentOf<typeof ScheduleFields>;

/* The durations of the last runs, as a row of bars. */

function RunTimes({ of }: { readonly of: Schedule }) {
  const ended = (of.runs?.nodes ?? []).flatMap(({ duration }) => {
    const ms = duration === null ? undefined : durationMs(duration);
    return ms === undefined ? [] : [ms];
  });
  if (ended.length === 0) return <span className="text-muted">No run has ended yet.</span>;
  const sorted = [...ended].sort((one, other) => one - other);
  const middle = lengthOf(sorted[Math.floor(sorted.length / 2)] ?? 0);
  const longest = lengthOf(sorted.at(-1) ?? 0);
  const newest = lengthOf(ended[0] ?? 0);
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
      <Sparkline
        values={[...ended].reverse()}
        label={`Durations of the last ${ended.length} runs: newest ${newest}, median ${middle}, longest ${longest}`}
      />
      <span className="text-sm text-muted">
        last {newest}, median {middle}, longest {longest}
      </span>
    </span>
  );
}

export function ScheduleState({ of: { isPaused, currentRun, isOverridden } }: { readonly of: Schedule }) {
  return (
    <>
      {isPaused && <Badge tone="warn">Paused</Badge>}
      {currentRun !== null && <Badge tone="info">Running</Badge>}
      {isOverridden && <Badge>Differs from the code</Badge>}
    </>
  );
}

/** Who paused it, when, why and until when: said here alone. */
export const PauseNotice = ({ of: { pause, timeZone } }: { readonly of: Schedule }) =>
  pause === null ? null : (
    <Notice tone="warn">
      Paused by {pause.by ?? 'someone'}, <Time at={pause.pausedAt} jobZone={timeZone} />
      {pause.reason === null ? '.' : `: ${/[.!?]$/.test(pause.reason) ? pause.reason : `${pause.reason}.`}`} Its fires
      are skipped until{' '}
      {pause.until === null ? 'it is resumed' : <Time at={pause.until} as="clock" jobZone={timeZone} />}.
    </Notice>
  );

type Fact = readonly [name: string, value: ReactNode];

const timingOf = ({ cron, cronDescription, timeZone }: Schedule): Fact => [
  'Schedule',
  <span key="schedule">
    {capital(cronDescription)}{' '}
    <span className="whitespace-nowrap">
      <Code>{cron}</Code>
    </span>{' '}
    <span className="text-muted">{timeZone}</span>
  </span>,
];

const lastRunOf = ({ lastRun, timeZone }: Schedule): Fact => [
  'Last run',
  lastRun === null ? null : (
    <Link key="last" href={`/runs/${lastRun.runId}`} className="inline-flex flex-wrap items-center gap-x-2">
      <Status of={RUN_STATUS[lastRun.status]} />
      <span className="text-accent underline-offset-2 hover:underline">
        <Time at={lastRun.finishedAt} jobZone={timeZone} />
      </span>
      <span className="text-muted">
        took <Length of={lastRun.duration} />
      </span>
    </Link>
  ),
];

const lastFiresOf = ({ name, timeZone }: Schedule): Fact => [
  'Last fires',
  <FireStrip key="fires" jobName={name} timeZone={timeZone} />,
];

/** All facts, for the page of a schedule. */
export const ScheduleFacts = ({ of }: { readonly of: Schedule }) => (
  <Facts
    of={[
      timingOf(of),
      ['Misfire policy', MISFIRE_POLICY[of.misfirePolicy]],
      lastRunOf(of),
      ['Run times', <RunTimes key="times" of={of} />],
      lastFiresOf(of),
    ]}
  />
);

/** At a glance, for the list of schedules: when it fires next, and how it went. */
export function ScheduleGlance({ of }: { readonly of: Schedule }) {
  const [next] = of.nextFireTimes;
  return (
    <div className="grid items-start gap-x-6 gap-y-1.5 lg:grid-cols-[5fr_6fr] [&>dl]:grid-cols-[5rem_minmax(0,1fr)]">
      <Facts
        of={[
          [
            'Next fire',
            next === undefined ? (
              'None'
            ) : (
              <span key="next" className="inline-flex flex-wrap items-center gap-x-2">
                {isSkipped(next.at, of.pause) ? (
                  <Status of={FIRE_OUTCOME.SKIPPED_PAUSED} />
                ) : (
                  <strong>
                    <Time at={next.at} as="left" />
                  </strong>
                )}
                <span className="text-muted">
                  <Time at={next.at} as="clock" jobZone={of.timeZone} />
                </span>
                <DstMark of={next.dst} />
              </span>
            ),
          ],
          timingOf(of),
        ]}
      />
      <Facts of={[lastRunOf(of), lastFiresOf(of)]} />
    </div>
  );
}

/*
 * Explains a schedule's state in the API's words: its last fire, and what blocks the next one, each blocker with its
 * fix.
 */

/** Leaves out the pause and a run in progress, which the page around it shows. */
export function Explanation({ of, hasLastFire = false }: { readonly of: Schedule; readonly hasLastFire?: boolean }) {
  const { name, timeZone, explanation, currentRun, previousFireAt, lastFireSummary } = of;
  if (explanation === null) return null;
  const blockers = explanation.blockers.filter(
    ({ __typename }) => __typename !== 'SchedulePaused' && (__typename !== 'RunGoingOn' || currentRun === null),
  );
  return (
    <>
      {hasLastFire && (
        <p className="text-muted">
          {lastFireSummary}
          {previousFireAt !== null && (
            <>
              {' ('}
              <Time at={previousFireAt} as="clock" jobZone={timeZone} />)
            </>
          )}
        </p>
      )}
      {blockers.map(({ __typename, message, at, cure }) => (
        <Notice
          key={`${__typename} ${message}`}
          tone="warn"
          actions={cure !== null && <CureButton cure={cure} subject={name} />}
        >
          {message}
          {at !== null && (
            <>
              {' Until '}
              <Time at={at} as="clock" jobZone={timeZone} />.
            </>
          )}
        </Notice>
      ))}
    </>
  );
}
