/** The pages, grouped; those that the viewer may not see are listed with the reason. */
import { Link, useLocation } from 'wouter';
import { usePermissions } from '../access/viewer.tsx';
import { type NavEntry, ROUTES } from '../routes.ts';
import { Tooltip } from '../ui/tooltip.tsx';
import { useNavCounts } from './nav-counts.ts';

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
