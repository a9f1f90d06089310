/** A summary card with a link to the page that shows the details. */

import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { serverNow } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { type LiveResult, useLiveQuery } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { untilDue } from './overview.rules.ts';

export function LeadCard({
  title,
  href,
  children,
}: {
  readonly title: string;
  readonly href: string;
  readonly children: ReactNode;
}) {
  return (
    <Card
      title={title}
      actions={
        <Link href={href} className="text-sm text-accent hover:underline">
          More<span className="sr-only">: {title}</span>
        </Link>
      }
    >
      {children}
    </Card>
  );
}

/* The queue's counts and forecast in one query: separate queries could show numbers that disagree. */

const TotalsQuery = graphql(`
  query Totals($hasForecast: Boolean!) {
    queueStatistics {
      pendingCount processingCount completedCount failedCount cancelledCount
      dueCount oldestDueAt nextDueAt
    }
    queueForecast @include(if: $hasForecast) { emptyAt }
  }
`);
type TotalsData = ResultOf<typeof TotalsQuery>;

export type Totals = NonNullable<TotalsData['queueStatistics']>;
/** Null if it could not be loaded; undefined if the viewer may not see it. */
export type EmptyForecast = TotalsData['queueForecast'];

export function useTotals(): LiveResult<TotalsData> {
  const hasForecast = usePermission('queueForecast').isAllowed;
  const result = useLiveQuery({
    query: TotalsQuery,
    variables: { hasForecast },
    on: ['QUEUED_CREATION', 'CIRCUIT'],
    everyMs: 5_000,
  });
  const { refresh } = result;
  const nextDueAt = result.data?.queueStatistics?.nextDueAt ?? null;
  // No notification is published when an entry becomes due, so a timer refreshes the counts.
  useEffect(() => {
    const wait = untilDue(nextDueAt, serverNow());
    if (wait === undefined) return;
    const timer = setTimeout(refresh, wait);
    return () => clearTimeout(timer);
  }, [nextDueAt, refresh]);
  return result;
}
