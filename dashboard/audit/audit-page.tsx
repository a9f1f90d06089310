/** The audit trail, its verification and its export. */

import { Download } from 'lucide-react';
import { useState } from 'react';
import { useViewer } from '../access/viewer.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { InstantField } from '../ui/field.tsx';
import { useListAddress } from '../ui/filters.tsx';
import { Page, Tabs } from '../ui/page.tsx';
import { askedBy, FILTERS, PER_PAGE } from './audit-address.rules.ts';
import { AuditEntryDialog } from './audit-entry.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { AuditList } from './audit-list.tsx';
import { VerifyCard } from './audit-verify.tsx';

/* Exports the audit trail, or a range of it, as a file that can be verified without this server. */

function ExportCard() {
  const { role, family } = useViewer();
  const [from, setFrom] = useState<string>();
  const [to, setTo] = useState<string>();
  const refused =
    role !== 'ADMIN'
      ? 'Only an ADMIN can export the trail.'
      : family != null
        ? `You are limited to the family ${family.name}; the export covers all families.`
        : from !== undefined && to !== undefined && from >= to
          ? 'The range ends before it starts.'
          : undefined;
  const leave = (): void => {
    const query = new URLSearchParams({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) });
    window.location.assign(`/audit/export${query.size === 0 ? '' : `?${query}`}`);
  };
  return (
    <Card
      title="Export"
      hint="JSON lines: each audit entry with its signature. The last line is an anchor; a file without one is incomplete. The export itself is recorded too."
    >
      <div className="grid gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <InstantField label="From (optional)" hint="Empty: from the start." value={from} onInstant={setFrom} />
          <InstantField label="Before (optional)" hint="Empty: to the end." value={to} onInstant={setTo} />
        </div>
        <div>
          <Button icon={Download} disabledBecause={refused} onClick={leave}>
            Export
          </Button>
        </div>
      </div>
    </Card>
  );
}

export default function AuditPage() {
  const address = useListAddress(FILTERS, PER_PAGE);
  const { operations } = useViewer();
  const { filter, problems } = askedBy(
    address.get,
    operations.map(({ name }) => name),
  );
  const entry = address.get('entry');
  return (
    <Page
      title="Audit trail"
      description="Every change, every denied attempt, and what the server did on its own. Tampering is detected."
    >
      <Tabs
        label="Parts of the audit trail"
        value={address.get('tab') === 'proof' ? 'proof' : 'entries'}
        onChange={(tab) => address.set({ tab: tab === 'entries' ? undefined : tab }, true)}
        tabs={[
          {
            value: 'entries',
            title: 'Entries',
            content: (
              <Card title="Audit entries" isTitleHidden isFlush>
                <AuditFilters address={address} problems={problems} />
                <AuditList address={address} filter={filter} onOpen={(id) => address.set({ entry: id }, true)} />
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
      {entry !== undefined && (
        <AuditEntryDialog key={entry} id={entry} onClose={() => address.set({ entry: undefined })} />
      )}
    </Page>
  );
}
