/** The queue by state, what is due, when the queue will be empty, and its speed in the last hour. */

import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { pausedBy } from '../jobs/fire.rules.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Card, Figure } from '../ui/card.tsx';
import { Shares, Swatch } from '../ui/graphs.tsx';
import { Loaded, Notice } from '../ui/notice.tsx';
import { Badge, Breakable } from '../ui/text.tsx';
import { Length, Time, useNow } from '../ui/time.tsx';
import { count, DST_NOTE, ENTRY_STATUS } from '../ui/words.ts';
import { type EmptyForecast, LeadCard, type Totals } from './lead-card.tsx';
import { perMinute } from './overview.rules.ts';

const STATES = [
  ['PENDING', 'pendingCount'],
  ['PROCESSING', 'processingCount'],
  ['FAILED', 'failedCount'],
  ['CANCELLED', 'cancelledCount'],
  ['COMPLETED', 'completedCount'],
] as const;

/** As many columns as there are states, so that both rows of figures stand below each other. */
const COLUMNS = 'grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-5';

export function QueueCard({ totals, forecast }: { readonly totals: Totals; readonly forecast: EmptyForecast }) {
  const open = STATES.filter(([status]) => status !== 'COMPLETED' && status !== 'CANCELLED');
  return (
    <Card title="Queue">
      <ul className={COLUMNS}>
        {STATES.map(([status, field]) => (
          <li key={status}>
            <Link href={`/queue?status=${status}`} className="group block rounded-md">
              <span className="flex items-center gap-1.5 text-sm text-muted group-hover:underline">
                {open.some(([one]) => one === status) && <Swatch tone={ENTRY_STATUS[status].tone} />}
                {ENTRY_STATUS[status].text}
              </span>
              <span
                className={`block text-xl font-semibold ${status === 'FAILED' && totals.failedCount > 0 ? 'text-bad' : ''}`}
              >
                {count(totals[field])}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <div className="my-3">
        <Shares
          label="What is not done"
          parts={open.map(([status, field]) => ({
            name: ENTRY_STATUS[status].text,
            tone: ENTRY_STATUS[status].tone,
            value: totals[field],
          }))}
        />
      </div>
      <dl className={COLUMNS}>
        <Figure
          label="Due now"
          value={count(totals.dueCount)}
          note={
            totals.oldestDueAt === null ? (
              'Nothing waits'
            ) : (
              <>
                the oldest <Time at={totals.oldestDueAt} />
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
        <LastHour />
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
  if (isEmpty) return <Figure label="Empty" value="Now" />;
  if (forecast === null) return <Figure label="Empty" value="Not known" note="The forecast could not be read." />;
  const { emptyAt } = forecast;
  return (
    <Figure
      label="Empty in"
      value={emptyAt === null ? 'Not known' : <Time at={emptyAt} as="left" />}
      note={emptyAt === null ? undefined : <Time at={emptyAt} as="clock" />}
    />
  );
}

/* The speed of the queue. */

const LastHourQuery = graphql(`
  query LastHour($from: DateTime!, $to: DateTime!) {
    queueActivity(from: $from, to: $to, buckets: 1) {
      buckets { succeededCount transientFailureCount permanentFailureCount otherCount durationP50 durationP95 }
    }
  }
`);
const HOUR_MS = 3_600_000;

function LastHour() {
  // Whole minutes, so that all viewers at the same time send the same query.
  const to = useNow(60_000);
  const { data } = useLiveQuery({
    query: LastHourQuery,
    variables: { from: new Date(to - HOUR_MS).toISOString(), to: new Date(to).toISOString() },
    of: 'hour',
  });
  const hour = data?.queueActivity?.buckets[0];
  const ended = hour && hour.succeededCount + hour.transientFailureCount + hour.permanentFailureCount + hour.otherCount;
  return (
    <>
      <Figure
        label="Attempts, last hour"
        value={ended === undefined ? '–' : count(ended)}
        note={ended === undefined || ended < 60 ? undefined : `${perMinute(ended)} a minute`}
      />
      <Figure
        label="Duration, last hour"
        value={
          <>
            p50 <Length of={hour?.durationP50} />
          </>
        }
        note={
          <>
            p95 <Length of={hour?.durationP95} />
          </>
        }
      />
    </>
  );
}

/* The next fire of each schedule, soonest first. */

const NextFires = graphql(`
  query NextFires {
    jobSchedules {
      id name timeZone cronDescription pause { by reason } currentRun { id } nextFireTimes(first: 1) { at dst }
    }
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
          <ul className="grid gap-2.5">
            {soonestFirst(jobSchedules ?? []).map(
              ({ name, pause, cronDescription, timeZone, currentRun, nextFireTimes: [next] }) => (
                <li key={name} className="flex items-start justify-between gap-3">
                  <span className="min-w-0">
                    <Link href={`/schedules/${name}`} className="font-medium hover:underline">
                      <Breakable text={name} />
                    </Link>
                    <span className="block text-sm text-muted">
                      {pause === null ? `${cronDescription}, ${timeZone}` : pausedBy(pause)}
                    </span>
                  </span>
                  <span className="grid shrink-0 justify-items-end gap-1 text-right">
                    {pause === null ? <Time at={next?.at} as="countdown" /> : <Badge tone="warn">Paused</Badge>}
                    {currentRun !== null && <Badge tone="info">Running</Badge>}
                    {pause === null && next?.dst != null && <Badge tone="warn">{DST_NOTE[next.dst]}</Badge>}
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
