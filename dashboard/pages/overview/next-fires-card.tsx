/** The next fire of each schedule, soonest first. */
import { Link } from 'wouter';
import { usePermission } from '../../access/viewer.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Badge } from '../../ui/badge.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { DST_NOTE } from '../../ui/words.ts';
import { LeadCard } from './lead-card.tsx';

const NextFires = graphql(`
  query NextFires {
    jobSchedules { id name isPaused timeZone cronDescription currentRun { id } nextFireTimes(first: 1) { at dst } }
  }
`);

export function NextFiresCard() {
  const { isAllowed, reason } = usePermission('jobSchedules');
  const result = useLiveQuery({
    query: NextFires,
    variables: {},
    on: ['SCHEDULE', 'JOB_RUN'],
    everyMs: 30_000,
    isPaused: !isAllowed,
  });
  return (
    <LeadCard title="Next fires" href="/schedules">
      {!isAllowed && <Notice tone="info">{reason}</Notice>}
      <Loaded result={result}>
        {({ jobSchedules }) => (
          <ul className="grid gap-3">
            {soonestFirst(jobSchedules ?? []).map(
              ({ name, isPaused, cronDescription, timeZone, currentRun, nextFireTimes: [next] }) => (
                <li key={name} className="flex flex-wrap items-start justify-between gap-x-3 gap-y-1">
                  <span className="min-w-0 flex-1 basis-48">
                    <Link href={`/schedules/${name}`} className="font-medium break-words hover:underline">
                      {name}
                    </Link>
                    <span className="block text-sm text-muted">
                      {cronDescription}, {timeZone}
                    </span>
                  </span>
                  <span className="ml-auto grid justify-items-end gap-1 text-right">
                    <Time at={next?.at} as="countdown" jobZone={timeZone} />
                    {isPaused && <Badge tone="warn">Paused</Badge>}
                    {currentRun !== null && <Badge tone="info">Running</Badge>}
                    {next?.dst != null && <Badge tone="warn">{DST_NOTE[next.dst]}</Badge>}
                  </span>
                </li>
              ),
            )}
          </ul>
        )}
      </Loaded>
    </LeadCard>
  );
}

const soonestFirst = <Schedule extends { readonly nextFireTimes: readonly { readonly at: string }[] }>(
  schedules: readonly Schedule[],
): Schedule[] =>
  [...schedules].sort((one, other) =>
    (one.nextFireTimes[0]?.at ?? '9').localeCompare(other.nextFireTimes[0]?.at ?? '9'),
  );
