/** The next fires of all jobs, in one list. */
import { Link } from 'wouter';
import { usePermission } from '../../access/viewer.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { serverNow } from '../../graphql/transport.ts';
import { foldSeries, wallTime, withNextOfOthers } from '../../jobs/fire.rules.ts';
import { DstMark } from '../../jobs/fire-times.tsx';
import { useLiveQuery } from '../../live/use-live.ts';
import { Card } from '../../ui/card.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty, Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { count } from '../../ui/words.ts';

const NextFires = graphql(`
  query ComingFires {
    nextFireTimes(first: 100) { jobName at localTime dst }
    jobSchedules { id nextFireTimes(first: 1) { jobName at localTime dst } }
  }
`);

export function ComingFires() {
  const { isAllowed, reason } = usePermission('nextFireTimes');
  const result = useLiveQuery({
    query: NextFires,
    variables: {},
    on: ['SCHEDULE'],
    everyMs: 60_000,
    isPaused: !isAllowed,
  });
  return (
    <Card title="Next fires" hint="The next 100 fires of all jobs and at least one of each, including paused jobs.">
      {!isAllowed && <Notice tone="info">{reason}</Notice>}
      <Loaded result={result}>
        {({ nextFireTimes, jobSchedules }) =>
          nextFireTimes === null || nextFireTimes.length === 0 ? (
            <Empty title="No more fires." />
          ) : (
            <ol className="divide-y">
              {foldSeries(
                withNextOfOthers(
                  nextFireTimes,
                  (jobSchedules ?? []).flatMap((job) => job.nextFireTimes),
                ),
              ).map(({ first, last, count: size }) => (
                <li key={`${first.jobName} ${first.at}`} className="py-1.5">
                  <div className="flex items-baseline justify-between gap-3">
                    <Link href={`/schedules/${first.jobName}`} className="min-w-0 break-all hover:underline">
                      {first.jobName}
                    </Link>
                    <span className="text-muted">
                      <Time at={first.at} as="countdown" />
                    </span>
                  </div>
                  <p className="text-sm text-muted">
                    {wallTime(first.localTime, serverNow())}
                    <DstMark of={first.dst} />
                    {size > 1 && `, and ${count(size - 1)} more until ${wallTime(last.localTime, serverNow())}`}
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
