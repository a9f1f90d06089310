/** Who did what, when and why, and the proof that nobody has changed it since. */
import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useViewer } from '../../access/viewer.tsx';
import { Card } from '../../ui/card.tsx';
import { Page } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { askedBy, changed, FILTERS } from './audit-address.rules.ts';
import { AuditAct } from './audit-entry.tsx';
import { ExportCard } from './audit-export.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { AuditList } from './audit-list.tsx';
import { AnchorCard, VerifyCard } from './audit-verify.tsx';

export default function AuditPage() {
  const [params, setParams] = useSearchParams();
  const { operations } = useViewer();
  const asked = useMemo(
    () =>
      askedBy(
        params,
        operations.map(({ name }) => name),
      ),
    [params, operations],
  );
  const change = (to: Readonly<Record<string, string | undefined>>, replace = false): void =>
    setParams((before) => changed(before, to), { replace });
  const clear = (): void => change(Object.fromEntries(FILTERS.map((name) => [name, undefined])));
  const act = params.get('act');
  return (
    <Page
      title="Audit trail"
      description="Every change that somebody made or was denied, and what the server did unasked. Nothing in it can be changed without being found."
    >
      <Tabs
        label="Parts of the audit trail"
        value={params.get('tab') === 'proof' ? 'proof' : 'acts'}
        onChange={(tab) => change({ tab: tab === 'acts' ? undefined : tab })}
        tabs={[
          {
            value: 'acts',
            title: 'Acts',
            content: (
              <Card title="Acts" hint="Newest first." isFlush>
                <AuditFilters params={params} asked={asked} onChange={(to) => change(to, true)} onClear={clear} />
                <AuditList
                  asked={asked}
                  onOpen={(id) => change({ act: id })}
                  onPage={(page) => change({ after: page.after, before: page.before })}
                  onClear={clear}
                />
              </Card>
            ),
          },
          {
            value: 'proof',
            title: 'Proof and export',
            content: (
              <div className="grid items-start gap-4 lg:grid-cols-2">
                <VerifyCard />
                <div className="grid gap-4">
                  <AnchorCard />
                  <ExportCard />
                </div>
              </div>
            ),
          },
        ]}
      />
      {act !== null && <AuditAct id={act} onClose={() => change({ act: undefined })} />}
    </Page>
  );
}
