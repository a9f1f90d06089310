/** Active alerts, silences, rules and history. */

import { Link, useSearchParams } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import type { EnumOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { SelectField } from '../ui/field.tsx';
import { useFirstPageInstead, useListAddress } from '../ui/filters.tsx';
import { lengthOf } from '../ui/instants.rules.ts';
import { Empty, Loaded } from '../ui/notice.tsx';
import { Page, Pager, Tabs } from '../ui/page.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Badge, Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { ALERT_SEVERITY, count } from '../ui/words.ts';
import { ActiveAlerts } from './active-alerts.tsx';
import { wayTo } from './alert.rules.ts';
import { HistoryQuery, type PastAlert, RulesQuery } from './alert-documents.ts';
import { Rules } from './alert-rules.tsx';
import { Silences } from './silences.tsx';

/* All past and active alerts, by pages; the filters are kept in the address. */

const COLUMNS: readonly Column<PastAlert>[] = [
  { name: 'Raised', cell: ({ raisedAt }) => <Time at={raisedAt} as="clock" /> },
  { name: 'Severity', cell: ({ severity }) => <Status of={ALERT_SEVERITY[severity]} /> },
  {
    name: 'Alert',
    cell: ({ summary, title, subject, count: many }) => {
      const way = wayTo(subject);
      return (
        <div className="max-w-prose min-w-0 break-words md:min-w-64">
          <p>{summary}</p>
          <p className="text-sm text-muted">
            {title}
            {many > 1 && ` · ${count(many)}×`}
            {way !== undefined && (
              <>
                {' · '}
                <Link href={way.href} className="text-accent underline">
                  {way.text}
                </Link>
              </>
            )}
          </p>
        </div>
      );
    },
  },
  { name: 'Lasted', cell: ({ raisedAt, resolvedAt }) => <Lasted from={raisedAt} to={resolvedAt} /> },
  {
    name: 'Announced',
    cell: ({ announcedAt }) =>
      announcedAt === null ? <span className="text-muted">No, silenced</span> : <Time at={announcedAt} as="clock" />,
  },
];

const Lasted = ({ from, to }: { readonly from: string; readonly to: string | null }) =>
  to === null ? (
    <Badge tone="bad">Active</Badge>
  ) : (
    <span className="whitespace-nowrap">
      {lengthOf(Date.parse(to) - Date.parse(from))} <span className="text-muted">until </span>
      <Time at={to} as="clock" />
    </span>
  );

const FILTERS = ['on', 'severity', 'rule'] as const;
const SEVERITIES: readonly EnumOf<'AlertSeverity'>[] = ['CRITICAL', 'WARNING', 'INFO'];

function History() {
  const address = useListAddress(FILTERS, 25);
  const [on, severity, rule] = [address.get('on'), address.get('severity'), address.get('rule')];
  const chosen = SEVERITIES.find((one) => one === severity);
  const result = useLiveQuery({
    query: HistoryQuery,
    variables: {
      filter: {
        ...((on === 'true' || on === 'false') && { isOn: on === 'true' }),
        ...(chosen !== undefined && { severity: [chosen] }),
        ...(rule !== undefined && { rule: [rule] }),
      },
      ...address.page,
    },
    on: ['ALERT'],
    isPaused: !usePermission('alerts').isAllowed,
  });
  useFirstPageInstead(address, result);
  const rules = useLiveQuery({
    query: RulesQuery,
    variables: {},
    isPaused: !usePermission('alertRules').isAllowed,
  });
  const known = rules.data?.alertRules?.map(({ name, title }) => [name, title] as const) ?? [];
  return (
    <Card title="History" hint="Those that are on, then those that are over, newest first." isFlush>
      <search aria-label="Filters" className="flex flex-wrap items-center gap-2 px-4 pb-3">
        <SelectField
          label="Status"
          isLabelHidden
          value={on ?? ''}
          options={[
            ['', 'On and over'],
            ['true', 'On'],
            ['false', 'Over'],
          ]}
          onChange={({ target }) => address.set({ on: target.value })}
        />
        <SelectField
          label="Severity"
          isLabelHidden
          value={chosen ?? ''}
          options={[['', 'Every severity'], ...SEVERITIES.map((one) => [one, ALERT_SEVERITY[one].text] as const)]}
          onChange={({ target }) => address.set({ severity: target.value })}
        />
        <SelectField
          label="Rule"
          isLabelHidden
          value={rule ?? ''}
          options={[
            ['', 'Every rule'],
            ...(rule === undefined || known.some(([name]) => name === rule) ? [] : [[rule, rule] as const]),
            ...known,
          ]}
          onChange={({ target }) => address.set({ rule: target.value })}
        />
        {address.isFiltered && (
          <Button kind="ghost" onClick={address.clear}>
            Clear
          </Button>
        )}
      </search>
      <Loaded result={result} height={32}>
        {({ alerts }) =>
          alerts !== null && (
            <>
              <Table
                label="Alerts"
                columns={COLUMNS}
                rows={alerts.nodes}
                keyOf={({ id }) => id}
                empty={
                  address.isFiltered ? (
                    <Empty title="No alert matches these filters." />
                  ) : (
                    <Empty title="No alerts yet.">
                      Every alert stays here after it is over, with its start and duration.
                    </Empty>
                  )
                }
              />
              <Pager of={alerts.pageInfo} onPage={(page) => address.set(page, true)} />
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

const TABS = [
  { value: 'on', title: 'On', content: <ActiveAlerts /> },
  { value: 'silences', title: 'Silences', content: <Silences /> },
  { value: 'rules', title: 'Rules', content: <Rules /> },
  { value: 'history', title: 'History', content: <History /> },
];

export default function AlertsPage() {
  const [params, setParams] = useSearchParams();
  const asked = params.get('tab');
  return (
    <Page title="Alerts" description="The server watches itself and notifies when an alert starts and when it ends.">
      <Tabs
        label="Parts of the alerts"
        value={TABS.find(({ value }) => value === asked)?.value ?? 'on'}
        // Drops the filters, which belong to the previous tab.
        onChange={(tab) => setParams(tab === 'on' ? {} : { tab })}
        tabs={TABS}
      />
    </Page>
  );
}
