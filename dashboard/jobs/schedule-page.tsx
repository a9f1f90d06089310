/** One job: its schedule, ledger, runs, versions, and a downtime simulation. */

import { useSearchParams } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Permitted } from '../shell/page-fault.tsx';
import { useShortcut } from '../shell/shortcuts.ts';
import { Card } from '../ui/card.tsx';
import { Empty, Loaded } from '../ui/notice.tsx';
import { Page, Tabs } from '../ui/page.tsx';
import { useZoneName } from '../ui/preferences.ts';
import { isFrequent } from './fire.rules.ts';
import { FireTimes } from './fires.tsx';
import { Ledger } from './ledger.tsx';
import { RunProgress } from './run-progress.tsx';
import { RunsTable } from './runs-table.tsx';
import { ScheduleButtons, useScheduleActions } from './schedule-actions.tsx';
import {
  Explanation,
  PauseNotice,
  type Schedule,
  ScheduleFacts,
  ScheduleFields,
  ScheduleState,
} from './schedule-facts.tsx';
import { Simulation } from './simulation.tsx';
import { Versions } from './versions.tsx';

const OneSchedule = graphql(
  `
  query OneSchedule($name: String!) {
    jobSchedule(name: $name) { id ...ScheduleFields }
  }
`,
  [ScheduleFields],
);
const WITHIN = [['Schedules', '/schedules']] as const;

export default function SchedulePage({ params: { name = '' } }: { readonly params: { readonly name?: string } }) {
  return (
    <Permitted title={name} needs="jobSchedule">
      <Found key={name} name={name} />
    </Permitted>
  );
}

function Found({ name }: { readonly name: string }) {
  const result = useLiveQuery({
    query: OneSchedule,
    variables: { name },
    on: ['SCHEDULE', 'JOB_RUN'],
    isAbout: ({ SCHEDULE, JOB_RUN }) => SCHEDULE?.keys.has(name) === true || JOB_RUN !== undefined,
    everyMs: 60_000,
    isPaused: !usePermission('jobSchedule').isAllowed,
  });
  const schedule = result.data?.jobSchedule;
  if (schedule != null && schedule.name === name) return <Shown schedule={schedule} />;
  return (
    <Page title={name} within={WITHIN}>
      <Loaded result={result} height={32}>
        {() =>
          schedule === null && (
            <Empty title={`There is no job ${name}.`}>Check the name in the list of schedules.</Empty>
          )
        }
      </Loaded>
    </Page>
  );
}

function Shown({ schedule }: { readonly schedule: Schedule }) {
  const { name, description, isPaused, currentRun, nextFireTimes, timeZone, pause } = schedule;
  const [search, setSearch] = useSearchParams();
  const doing = useScheduleActions(schedule);
  useShortcut({ keys: 'n', does: 'Run the job now', place: 'Schedule' }, doing.run.begin);
  useShortcut({ keys: 'p', does: 'Pause or resume the job', place: 'Schedule' }, doing.pauseOrResume.begin);
  useShortcut({ keys: 'e', does: 'Reschedule the job', place: 'Schedule' }, doing.reschedule.begin);
  const tabs = [
    {
      value: 'ledger',
      title: 'Ledger',
      content: <Ledger jobName={name} jobZone={timeZone} isFrequent={isFrequent(nextFireTimes)} />,
    },
    { value: 'runs', title: 'Runs', content: <RunsTable jobName={name} /> },
    { value: 'versions', title: 'Versions', content: <Versions jobName={name} jobZone={timeZone} /> },
    { value: 'simulation', title: 'Downtime', content: <Simulation schedule={schedule} /> },
  ];
  const tab = tabs.find(({ value }) => value === search.get('tab'))?.value ?? 'ledger';
  return (
    <Page
      title={name}
      within={WITHIN}
      description={description}
      badge={<ScheduleState of={schedule} />}
      actions={<ScheduleButtons doing={doing} isPaused={isPaused} />}
    >
      {currentRun !== null && <RunProgress run={currentRun} />}
      <PauseNotice of={schedule} />
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <Card title="Status">
          <div className="grid gap-3">
            <Explanation of={schedule} hasLastFire />
            <ScheduleFacts of={schedule} />
          </div>
        </Card>
        <Card title="Next fires" hint={`All times of this page are in ${useZoneName(timeZone)}.`}>
          {nextFireTimes.length === 0 ? (
            <p>It does not fire again.</p>
          ) : (
            <FireTimes label={`Next fires of ${name}`} of={nextFireTimes} jobZone={timeZone} pause={pause} />
          )}
        </Card>
      </div>
      <Tabs
        label={`About ${name}`}
        value={tab}
        onChange={(value) => setSearch(value === 'ledger' ? {} : { tab: value })}
        tabs={tabs}
      />
    </Page>
  );
}
