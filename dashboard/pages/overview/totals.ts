/** The queue's counts, for the whole page. */
import { graphql, type ResultOf } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';

const TotalsQuery = graphql(`
  query Totals {
    queueStatistics {
      pendingCount processingCount completedCount failedCount cancelledCount
      dueCount oldestDueAt nextDueAt
    }
  }
`);

export type Totals = NonNullable<ResultOf<typeof TotalsQuery>['queueStatistics']>;

export const useTotals = () =>
  useLiveQuery({ query: TotalsQuery, variables: {}, on: ['QUEUED_CREATION'], everyMs: 15_000 });
