/** The pages, grouped; those that the viewer may not see are listed with the reason. */

import { Link, useLocation } from 'wouter';
import { usePermission, usePermissions } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { type NavEntry, ROUTES } from '../routes.ts';
import { Tooltip } from '../ui/tooltip.tsx';
import { count } from '../ui/words.ts';

/* The number of items that need attention, shown beside the page for them. */

const Counts = graphql(`
  query NavCounts {
    alerts(first: 100, filter: { isOn: true }) { totalCount nodes { id isSilenced } }
    queueStatistics { failedCount }
  }
`);

interface NavCount {
  readonly text: string;
  /** What is counted, for screen readers. */
  readonly of: string;
}

function useNavCounts(): Readonly<Record<string, NavCount>> {
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

const GROUPS: readonly NavEntry['group'][] = ['Work', 'Jobs', 'System', 'Integrations', 'Administration'];

export function Navigation({ onGo }: { readonly onGo?: () => void }) {
  const [location] = useLocation();
  const may = usePermissions();
  const counts = useNavCounts();
  return (
    <nav aria-label="Pages" className="grid gap-4 p-3">
      {GROUPS.map((group) => (
        <div key={group}>
          <h2 className="px-2 pb-1 text-xs font-medium text-muted">{group}</h2>
          <ul className="grid gap-px">
            {ROUTES.map(({ path, nav }) => {
              if (nav?.group !== group) return null;
              const isHere = path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`);
              const { isAllowed, reason } = may(nav.needs);
              const count = counts[path];
              return (
                <li key={path}>
                  <Tooltip text={isAllowed ? undefined : reason}>
                    <Link
                      href={path}
                      onClick={onGo}
                      aria-current={isHere ? 'page' : undefined}
                      className={`flex h-8 items-center gap-2.5 rounded-md px-2 hover:bg-raised ${isHere ? 'bg-accent-soft font-medium text-accent' : ''} ${isAllowed || isHere ? '' : 'opacity-70'}`}
                    >
                      <nav.icon className="size-4 shrink-0" aria-hidden />
                      <span className="flex-1">{nav.title}</span>
                      {count !== undefined && (
                        <span
                          title={`${count.text} ${count.of}`}
                          className="rounded-full bg-bad-soft px-1.5 text-xs font-medium text-bad"
                        >
                          {count.text}
                          <span className="sr-only"> {count.of}</span>
                        </span>
                      )}
                    </Link>
                  </Tooltip>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </nav>
  );
}
