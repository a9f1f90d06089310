/** What needs somebody, beside the page where it is seen to. */
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
  /** What is counted, for those who hear it. */
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
  // Who silenced one knows of it.
  const silenced = data?.alerts?.nodes.filter(({ isSilenced }) => isSilenced).length ?? 0;
  const alerts = (data?.alerts?.totalCount ?? 0) - silenced;
  const failed = data?.queueStatistics?.failedCount ?? 0;
  return {
    ...(alerts > 0 && { '/alerts': { text: count(alerts), of: 'alerts are on' } }),
    ...(failed > 0 && { '/failures': { text: count(failed), of: 'entries have failed' } }),
  };
}
