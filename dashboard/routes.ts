/**
 * Lists each page once: its path, its entry in the navigation, its shortcut key, and the operation that it requires.
 */

import {
  Activity,
  Bell,
  CalendarClock,
  Cloud,
  KeyRound,
  Layers,
  LayoutDashboard,
  ListOrdered,
  ScrollText,
  Send,
  Server,
  Settings,
  ShieldUser,
  TriangleAlert,
  UserPlus,
  Webhook,
} from 'lucide-react';
import type { ComponentType } from 'react';

// Pages declare the parameters that they take; the path supplies them.
// biome-ignore lint/suspicious/noExplicitAny: pages take different parameters, and one list holds them all.
type AnyPage = ComponentType<any>;

export interface PageRoute {
  readonly path: string;
  /** Fetches the page's code in advance. */
  readonly load: () => Promise<AnyPage>;
  readonly code: PageCode;
  /** A page without one is reached only from another page. */
  readonly nav?: NavEntry;
}

export interface NavEntry {
  readonly title: string;
  readonly group: 'Work' | 'Jobs' | 'System' | 'Integrations' | 'Administration';
  readonly icon: ComponentType<{ className?: string }>;
  /** The shortcut, pressed after g. */
  readonly key: string;
  /** The root field that the page requires; a viewer who may not use it sees the reason. */
  readonly needs: string;
}

const nav = (
  title: string,
  group: NavEntry['group'],
  icon: NavEntry['icon'],
  key: string,
  needs: string,
): NavEntry => ({ title, group, icon, key, needs });
interface PageCode {
  /** Undefined until the code has been fetched. */
  page: AnyPage | undefined;
}

function page(importPage: () => Promise<{ default: AnyPage }>): Pick<PageRoute, 'load' | 'code'> {
  const code: PageCode = { page: undefined };
  const load = async () => {
    code.page = (await importPage()).default;
    return code.page;
  };
  return { load, code };
}

export const ROUTES: readonly PageRoute[] = [
  {
    path: '/',
    ...page(() => import('./overview/overview-page.tsx')),
    nav: nav('Overview', 'Work', LayoutDashboard, 'o', 'queueStatistics'),
  },
  {
    path: '/queue',
    ...page(() => import('./entries/queue-page.tsx')),
    nav: nav('Queue', 'Work', ListOrdered, 'q', 'queuedCreations'),
  },
  { path: '/queue/:entryId', ...page(() => import('./entries/entry-page.tsx')) },
  {
    path: '/failures',
    ...page(() => import('./entries/failures-page.tsx')),
    nav: nav('Failures', 'Work', TriangleAlert, 'f', 'failureGroups'),
  },
  {
    path: '/enqueue',
    ...page(() => import('./enqueue/enqueue-page.tsx')),
    nav: nav('Enqueue', 'Work', UserPlus, 'e', 'enqueueAccount'),
  },
  {
    path: '/bulk-actions',
    ...page(() => import('./bulk/bulk-actions-page.tsx')),
    nav: nav('Bulk actions', 'Work', Layers, 'b', 'bulkActions'),
  },
  { path: '/bulk-actions/:bulkActionId', ...page(() => import('./bulk/bulk-action-page.tsx')) },
  {
    path: '/schedules',
    ...page(() => import('./jobs/schedules-page.tsx')),
    nav: nav('Schedules', 'Jobs', CalendarClock, 's', 'jobSchedules'),
  },
  { path: '/schedules/:name', ...page(() => import('./jobs/schedule-page.tsx')) },
  {
    path: '/runs',
    ...page(() => import('./jobs/runs-page.tsx')),
    nav: nav('Runs', 'Jobs', Activity, 'r', 'jobRuns'),
  },
  { path: '/runs/:runId', ...page(() => import('./jobs/run-page.tsx')) },
  {
    path: '/provider',
    ...page(() => import('./provider/provider-page.tsx')),
    nav: nav('Identity provider', 'System', Cloud, 'p', 'identityProvider'),
  },
  {
    path: '/nodes',
    ...page(() => import('./nodes/nodes-page.tsx')),
    nav: nav('Nodes', 'System', Server, 'n', 'serverNodes'),
  },
  {
    path: '/alerts',
    ...page(() => import('./alerts/alerts-page.tsx')),
    nav: nav('Alerts', 'System', Bell, 'l', 'alerts'),
  },
  {
    path: '/events',
    ...page(() => import('./events/events-page.tsx')),
    nav: nav('Events', 'Integrations', Send, 'v', 'outboxEvents'),
  },
  {
    path: '/webhooks',
    ...page(() => import('./webhooks/webhooks-page.tsx')),
    nav: nav('Webhooks', 'Integrations', Webhook, 'w', 'webhooks'),
  },
  { path: '/webhooks/:webhookId', ...page(() => import('./webhooks/webhook-page.tsx')) },
  {
    path: '/audit',
    ...page(() => import('./audit/audit-page.tsx')),
    nav: nav('Audit trail', 'Administration', ScrollText, 'a', 'auditEntries'),
  },
  {
    path: '/access',
    ...page(() => import('./access/access-page.tsx')),
    nav: nav('Access', 'Administration', ShieldUser, 'c', 'viewer'),
  },
  {
    path: '/keys',
    ...page(() => import('./keys/keys-page.tsx')),
    nav: nav('Keys', 'Administration', KeyRound, 'k', 'encryptionKeys'),
  },
  {
    path: '/settings',
    ...page(() => import('./settings/settings-page.tsx')),
    nav: nav('Settings', 'Administration', Settings, 't', 'viewer'),
  },
];

/** Ignores an error: the page itself reports it when it is shown. */
const inAdvance = ({ load }: PageRoute): Promise<unknown> => load().catch(() => undefined);

/** Fetches the code of the page at an address before the viewer's permissions are known. */
export function preload(path: string): void {
  const isAt = (route: string): boolean => new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}/?$`).test(path);
  const route = ROUTES.find((one) => isAt(one.path));
  if (route !== undefined) void inAdvance(route);
}

/** Fetches the code of all pages, one after another, so that the next page opens without a delay. */
export async function preloadAll(): Promise<void> {
  for (const route of ROUTES) await inAdvance(route);
}
