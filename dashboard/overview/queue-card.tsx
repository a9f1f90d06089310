/** The queue by state, the age of the oldest due entry, and when the queue will be empty. */

import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Card, Figure } from '../ui/card.tsx';
import { Shares } from '../ui/graphs.tsx';
import { Loaded, Notice } from '../ui/notice.tsx';
import { Badge } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count, DST_NOTE, ENTRY_STATUS } from '../ui/words.ts';
import { type EmptyForecast, LeadCard, type Totals } from './lead-card.tsx';

const STATES = [
  ['PENDING', 'pendingCount'],
  ['PROCESSING', 'processingCount'],
  ['FAILED', 'failedCount'],
  ['CANCELLED', 'cancelledCount'],
  ['COMPLETED', 'completedCount'],
] as const;

export function QueueCard({ totals, forecast }: { readonly totals: Totals; readonly forecast: EmptyForecast }) {
  const open = STATES.filter(([status]) => status !== 'COMPLETED' && status !== 'CANCELLED');
  return (
    <Card title="Queue">
      <ul className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-5">
        {STATES.map(([status, field]) => (
          <li key={status}>
            <Link href={`/queue?status=${status}`} className="group block rounded-md">
              <span className="text-sm text-muted group-hover:underline">{ENTRY_STATUS[status].text}</span>
              <span
                className={`block text-xl font-semibold ${status === 'FAILED' && totals.failedCount > 0 ? 'text-bad' : ''}`}
              >
                {count(totals[field])}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <div className="mt-3">
        <Shares
          label="What is not done"
          parts={open.map(([status, field]) => ({
            name: ENTRY_STATUS[status].text,
            tone: ENTRY_STATUS[status].tone,
            value: totals[field],
          }))}
        />
      </div>
      <dl className="mt-4 grid grid-cols-2 gap-4 sm:grid-cols-3">
        <Figure
          label="Due now"
          value={count(totals.dueCount)}
          note={
            totals.oldestDueAt === null ? (
              'Nothing waits'
            ) : (
              <>
                the oldest since <Time at={totals.oldestDueAt} as="clock" />
              </>
            )
          }
        />
        <Figure
          label="Next due"
          value={totals.nextDueAt === null ? '–' : <Time at={totals.nextDueAt} as="left" />}
          note={totals.nextDueAt === null ? 'Nothing waits for a time' : <Time at={totals.nextDueAt} as="clock" />}
        />
        {forecast !== undefined && (
          <EmptyAt forecast={forecast} isEmpty={totals.dueCount + totals.pendingCount + totals.processingCount === 0} />
        )}
      </dl>
    </Card>
  );
}

function EmptyAt({
  forecast,
  isEmpty,
}: {
  readonly forecast: NonNullable<EmptyForecast> | null;
  readonly isEmpty: boolean;
}) {
  if (isEmpty) return <Figure label="Queue empty" value="Now" />;
  if (forecast === null)
    return <Figure isWide label="Queue empty" value="Not known" note="The forecast could not be read." />;
  const { emptyAt, explanation } = forecast;
  return (
    <Figure
      isWide
      label="Queue empty"
      value={emptyAt === null ? 'Not known' : <Time at={emptyAt} />}
      note={explanation}
    />
  );
}

/* The next fire of each schedule, soonest first. */

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
