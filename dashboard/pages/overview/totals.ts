/** The queue's counts and its forecast, for the whole page: read together, or figures side by side would disagree. */
import { useEffect } from 'react';
import { usePermission } from '../../access/viewer.tsx';
import { graphql, type ResultOf } from '../../graphql/graphql.ts';
import { serverNow } from '../../graphql/transport.ts';
import { type LiveResult, useLiveQuery } from '../../live/use-live.ts';
import { untilDue } from './totals.rules.ts';

const TotalsQuery = graphql(`
  query Totals($hasForecast: Boolean!) {
    queueStatistics {
      pendingCount processingCount completedCount failedCount cancelledCount
      dueCount oldestDueAt nextDueAt
    }
    queueForecast @include(if: $hasForecast) { emptyAt explanation }
  }
`);
type TotalsData = ResultOf<typeof TotalsQuery>;

export type Totals = NonNullable<TotalsData['queueStatistics']>;
/** Null where it could not be read; undefined where the viewer may not see it. */
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
  // Nothing tells that an entry has become due: only the time does.
  useEffect(() => {
    const wait = untilDue(nextDueAt, serverNow());
    if (wait === undefined) return;
    const timer = setTimeout(refresh, wait);
    return () => clearTimeout(timer);
  }, [nextDueAt, refresh]);
  return result;
}
