/** The recurring jobs: next fires, recent outcomes, blockers, and actions. */

import { ChevronRight } from 'lucide-react';
import { useId } from 'react';
import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { useZoneName } from '../ui/preferences.ts';
import { Breakable } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count } from '../ui/words.ts';
import { foldSeries } from './fire.rules.ts';
import { DstMark } from './fires.tsx';
import { RunProgress } from './run-progress.tsx';
import { ScheduleButtons, useScheduleActions } from './schedule-actions.tsx';
import {
  Explanation,
  PauseNotice,
  type Schedule,
  ScheduleFields,
  ScheduleGlance,
  ScheduleState,
} from './schedule-facts.tsx';

/* The next fires of all jobs, in one list. */

const NextFires = graphql(`
  query ComingFires {
    nextFireTimes(first: 100) { jobName at dst }
  }
`);

function ComingFires() {
  const { isAllowed, reason } = usePermission('nextFireTimes');
  const result = useLiveQuery({
    query: NextFires,
    variables: {},
    on: ['SCHEDULE'],
    everyMs: 60_000,
    isPaused: !isAllowed,
  });
  return (
    <Card title="Next fires" hint={`The next 100 of all jobs. Times in ${useZoneName()}.`}>
      {!isAllowed && <Notice tone="info">{reason}</Notice>}
      <Loaded result={result}>
        {({ nextFireTimes }) =>
          nextFireTimes === null || nextFireTimes.length === 0 ? (
            <Empty title="No more fires." />
          ) : (
            <ol className="divide-y">
              {foldSeries(nextFireTimes).map(({ first, last, count: size }) => (
                <li key={`${first.jobName} ${first.at}`} className="py-1.5">
                  <div className="flex items-baseline justify-between gap-3">
                    <Link href={`/schedules/${first.jobName}`} className="min-w-0 hover:underline">
                      <Breakable text={first.jobName} />
                    </Link>
                    <span className="shrink-0">
                      <Time at={first.at} as="left" />
                    </span>
                  </div>
                  <p className="text-sm text-muted">
                    <Time at={first.at} as="clock" />
                    <DstMark of={first.dst} />
                    {size > 1 && (
                      <>
                        , {count(size - 1)} more until <Time at={last.at} as="clock" />
                      </>
                    )}
                  </p>
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}

/* One job in the list of schedules. */

function ScheduleCard({ schedule }: { readonly schedule: Schedule }) {
  const { name, description, isPaused, currentRun } = schedule;
  const doing = useScheduleActions(schedule);
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0 rounded-lg border bg-panel">
      <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-3 pb-2">
        <div className="min-w-0 flex-1 basis-72">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <h2 id={id} className="font-semibold">
              <Link
                href={`/schedules/${name}`}
                className="inline-flex items-center gap-0.5 hover:text-accent hover:underline"
              >
                <Breakable text={name} />
                <ChevronRight aria-hidden className="size-4 shrink-0" />
              </Link>
            </h2>
            <ScheduleState of={schedule} />
          </div>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <ScheduleButtons doing={doing} isPaused={isPaused} isSmall />
        </div>
      </header>
      <div className="grid gap-3 px-4 pb-4">
        <p className="text-sm text-muted">{description}</p>
        {currentRun !== null && <RunProgress run={currentRun} />}
        <PauseNotice of={schedule} />
        <Explanation of={schedule} />
        <ScheduleGlance of={schedule} />
      </div>
    </section>
  );
}

const Schedules = graphql(
  `
  query Schedules {
    jobSchedules { id ...ScheduleFields }
  }
`,
  [ScheduleFields],
);

export default function SchedulesPage() {
  const result = useLiveQuery({
    query: Schedules,
    variables: {},
    on: ['SCHEDULE', 'JOB_RUN'],
    everyMs: 60_000,
    isPaused: !usePermission('jobSchedules').isAllowed,
  });
  return (
    <Page title="Schedules" description="Each job fires by its cron. The ledger records one outcome per fire.">
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="grid min-w-0 gap-4">
          <Loaded result={result} height={32}>
            {({ jobSchedules }) =>
              jobSchedules === null || jobSchedules.length === 0 ? (
                <Card title="Jobs">
                  <Empty title="No job is registered.">The server registers its jobs when it starts.</Empty>
                </Card>
              ) : (
                jobSchedules.map((schedule) => <ScheduleCard key={schedule.id} schedule={schedule} />)
              )
            }
          </Loaded>
        </div>
        <ComingFires />
      </div>
    </Page>
  );
}
