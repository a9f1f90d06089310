/** The number of items that need attention, shown beside the page for them. */
import { usePermission } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { count } from '../ui/words.ts';

const Counts = graphql(`
  query NavCounts {
    alerts(first: 100, filter: { isOn: true }) { totalCount nodes { id isSilenced } }
    queueStatistics { failedCount }
  }
`);

export interface NavCount {
  readonly text: string;
  /** What is counted, for screen readers. */
  readonly of: string;
}

export function useNavCounts(): Readonly<Record<string, NavCount>> {
  const { isAllowed } = usePermission('alerts');
  const { data } = useLiveQuery({
    query: Counts,
    variables: {},
    on: ['ALERT', 'QUEUED_CREATION'],
    everyMs: 30_000,
    isPaused: !isAllowed,
  });
  // An operator who silenced an alert knows of it, so it is not counted.
  const silenced = data?.alerts?.nodes.filter(({ isSilenced }) => isSilenced).length ?? 0;
  const alerts = (data?.alerts?.totalCount ?? 0) - silenced;
  const failed = data?.queueStatistics?.failedCount ?? 0;
  return {
    ...(alerts > 0 && { '/alerts': { text: count(alerts), of: 'alerts are on' } }),
    ...(failed > 0 && { '/failures': { text: count(failed), of: 'entries have failed' } }),
  };
}
