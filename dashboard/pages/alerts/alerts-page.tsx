/** Active alerts, silences, rules and history. */
import { useSearchParams } from 'wouter';
import { Page } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { ActiveAlerts } from './active-alerts.tsx';
import { History } from './history.tsx';
import { Rules } from './rules.tsx';
import { Silences } from './silences.tsx';

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
