/** The recurring jobs: next fires, recent outcomes, blockers, and actions. */
import { usePermission } from '../../access/viewer.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { ScheduleFields } from '../../jobs/schedule-fields.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Card } from '../../ui/card.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { ComingFires } from './coming-fires.tsx';
import { ScheduleCard } from './schedule-card.tsx';

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
