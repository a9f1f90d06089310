/** The queue by state, the age of the oldest due entry, and when the queue will be empty. */
import { Link } from 'wouter';
import { Card, Figure } from '../../ui/card.tsx';
import { Shares } from '../../ui/graphs.tsx';
import { Time } from '../../ui/time.tsx';
import { count, ENTRY_STATUS } from '../../ui/words.ts';
import type { EmptyForecast, Totals } from './totals.ts';

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
