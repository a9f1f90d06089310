/** The audit trail, its verification and its export. */
import { useViewer } from '../../access/viewer.tsx';
import { Card } from '../../ui/card.tsx';
import { useListAddress } from '../../ui/list-address.ts';
import { Page } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { askedBy, FILTERS, PER_PAGE } from './audit-address.rules.ts';
import { AuditAct } from './audit-entry.tsx';
import { ExportCard } from './audit-export.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { AuditList } from './audit-list.tsx';
import { VerifyCard } from './audit-verify.tsx';

export default function AuditPage() {
  const address = useListAddress(FILTERS, PER_PAGE);
  const { operations } = useViewer();
  const { filter, problems } = askedBy(
    address.get,
    operations.map(({ name }) => name),
  );
  const act = address.get('act');
  return (
    <Page
      title="Audit trail"
      description="Every change, every denied attempt, and what the server did on its own. Tampering is detected."
    >
      <Tabs
        label="Parts of the audit trail"
        value={address.get('tab') === 'proof' ? 'proof' : 'acts'}
        onChange={(tab) => address.set({ tab: tab === 'acts' ? undefined : tab }, true)}
        tabs={[
          {
            value: 'acts',
            title: 'Acts',
            content: (
              <Card title="Acts" hint="Newest first." isFlush>
                <AuditFilters address={address} problems={problems} />
                <AuditList address={address} filter={filter} onOpen={(id) => address.set({ act: id }, true)} />
              </Card>
            ),
          },
          {
            value: 'proof',
            title: 'Proof and export',
            content: (
              <div className="grid items-start gap-4 lg:grid-cols-2">
                <VerifyCard />
                <ExportCard />
              </div>
            ),
          },
        ]}
      />
      {act !== undefined && <AuditAct key={act} id={act} onClose={() => address.set({ act: undefined })} />}
    </Page>
  );
}
