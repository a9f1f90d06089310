/** The appearance of these pages, and facts about the server. */

import { Link } from 'wouter';
import { usePermission, useViewer } from '../access/viewer.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Card, Facts } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { None } from '../ui/text.tsx';
import { count } from '../ui/words.ts';
import { BrowserCard } from './browser-card.tsx';

/* The server's version, nodes and provider, and links to its other endpoints. */

const Server = graphql(`
  query ServerFacts {
    serverNodes { id nodeId version state }
    identityProvider { name url }
  }
`);
const Changed = graphql(`
  query ChangedSettings {
    serverSettings { name value default }
  }
`);
type ChangedSetting = NonNullable<ResultOf<typeof Changed>['serverSettings']>[number];

const SETTING_COLUMNS: readonly Column<ChangedSetting>[] = [
  { name: 'Setting', cell: ({ name }) => <Code>{name}</Code> },
  {
    name: 'Value',
    cell: ({ value }) =>
      value === null ? (
        <span className="text-muted">set; secrets are never shown</span>
      ) : (
        <span className="wrap-anywhere">{value}</span>
      ),
  },
  { name: 'Default', cell: ({ default: fallback }) => fallback ?? <None /> },
];

function ChangedCard() {
  const { isAllowed, reason } = usePermission('serverSettings');
  const result = useLiveQuery({ query: Changed, variables: {}, isPaused: !isAllowed });
  return (
    <Card
      title="Server settings that are not the default"
      hint="Of the node that serves this page, as read at its start. docs/settings.md lists all."
      isFlush
    >
      {!isAllowed && (
        <div className="px-4 pb-4">
          <Notice tone="info">{reason}</Notice>
        </div>
      )}
      <Loaded result={result} height={8}>
        {({ serverSettings }) => (
          <Table
            label="Changed settings"
            columns={SETTING_COLUMNS}
            rows={serverSettings ?? []}
            keyOf={({ name }) => name}
            empty={<Empty title="All settings have their default." />}
          />
        )}
      </Loaded>
    </Card>
  );
}

const DOORS = [
  ['/graphql', 'GraphiQL', 'Try the API in the browser. Scripts use the same address.'],
  ['/metrics', 'Metrics', 'For Prometheus.'],
  ['/health/ready', 'Health', 'Readiness, for load balancers.'],
] as const;

function ServerCard() {
  const { kind } = useViewer();
  const { isAllowed, reason } = usePermission('serverNodes');
  const result = useLiveQuery({ query: Server, variables: {}, isPaused: !isAllowed });
  return (
    <Card title="Server">
      <div className="grid gap-4">
        {!isAllowed && <Notice tone="info">{reason}</Notice>}
        <Loaded result={result} height={4}>
          {({ serverNodes, identityProvider }) => {
            const running = (serverNodes ?? []).filter(({ state }) => state !== 'GONE');
            const provider =
              identityProvider === null
                ? null
                : identityProvider.name === 'simulator'
                  ? 'the built-in simulator: accounts exist nowhere else'
                  : `${identityProvider.name}${identityProvider.url === null ? '' : `, ${identityProvider.url}`}`;
            return (
              <Facts
                of={[
                  ['Version', [...new Set(running.map(({ version }) => version))].join(', ') || null],
                  [
                    'Nodes',
                    <Link key="nodes" href="/nodes" className="text-accent hover:underline">
                      {count(running.length)}
                    </Link>,
                  ],
                  [
                    'Identity provider',
                    identityProvider?.name === 'simulator' ? (
                      <span key="provider">
                        {provider} (
                        <Link href="/?tour=1" className="text-accent underline">
                          see it work
                        </Link>
                        )
                      </span>
                    ) : (
                      provider
                    ),
                  ],
                  [
                    'Access',
                    kind === 'LOCAL'
                      ? 'access control is off; only this machine can connect (set ADMIN_TOKEN to change that)'
                      : 'callers authenticate with a token or by signing in',
                  ],
                ]}
              />
            );
          }}
        </Loaded>
        <ul className="grid gap-2 border-t pt-3">
          {DOORS.map(([href, name, what]) => (
            <li key={href}>
              <a href={href} className="font-medium text-accent hover:underline">
                {name}
              </a>{' '}
              <span className="text-muted">{what}</span>
            </li>
          ))}
        </ul>
        <p className="text-sm text-muted">The documentation is in the docs folder of the source.</p>
      </div>
    </Card>
  );
}

export default function SettingsPage() {
  return (
    <Page title="Settings">
      <div className="grid gap-4 lg:grid-cols-2">
        <BrowserCard />
        <ServerCard />
      </div>
      <ChangedCard />
    </Page>
  );
}
