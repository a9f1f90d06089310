/** Exports the audit trail, or a range of it, as a file that can be verified without this server. */
import { Download } from 'lucide-react';
import { useState } from 'react';
import { useViewer } from '../../access/viewer.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { InstantField } from '../../ui/field.tsx';

export function ExportCard() {
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
