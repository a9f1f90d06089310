/** The active pauses; pauses the queue or one family, and resumes. */
import { useState } from 'react';
import { usePermission } from '../../access/viewer.tsx';
import { ActionButton } from '../../actions/action-button.tsx';
import { ActionDialog } from '../../actions/action-dialog.tsx';
import { pauseFamily } from '../../actions/family-actions.ts';
import { pauseQueue, resumeQueue } from '../../actions/queue-actions.ts';
import { FamilyField } from '../../families/family-field.tsx';
import { useFamilyName } from '../../families/family-name.ts';
import { Status } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Empty } from '../../ui/notice.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Time } from '../../ui/time.tsx';
import type { Control } from './control-query.ts';

type Pause = Control['pauses'][number];

const columns = (onDone: () => void): readonly Column<Pause>[] => [
  {
    name: 'What',
    cell: ({ family }) =>
      family === null ? (
        <Status of={{ text: 'The whole queue', tone: 'warn' }} />
      ) : (
        <span className="font-medium break-words">{family.name}</span>
      ),
  },
  {
    name: 'Why',
    isWide: true,
    cell: ({ reason }) => (
      <span className="break-words" title={reason}>
        {reason}
      </span>
    ),
  },
  { name: 'By', cell: ({ pausedBy }) => pausedBy },
  { name: 'Since', cell: ({ pausedAt }) => <Time at={pausedAt} /> },
  {
    name: 'Ends',
    cell: ({ endsAt }) =>
      endsAt === null ? <span className="text-muted whitespace-nowrap">when resumed</span> : <Time at={endsAt} />,
  },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: ({ family }) => (
      <ActionButton
        action={resumeQueue}
        input={family === null ? {} : { familyId: family.familyId }}
        label="Resume"
        {...(family !== null && { subject: family.name })}
        onDone={onDone}
      />
    ),
  },
];

interface CardProps {
  readonly pauses: readonly Pause[];
  readonly onDone: () => void;
}

export function PausesCard({ pauses, onDone }: CardProps) {
  const isPaused = pauses.some(({ family }) => family === null);
  return (
    <Card
      title="Pauses"
      hint="Paused entries wait and lose no retry."
      actions={
        <ActionButton
          action={pauseQueue}
          input={{}}
          disabledBecause={isPaused ? 'It is already paused.' : undefined}
          onDone={onDone}
        />
      }
      isFlush
    >
      <Table
        label="Pauses"
        columns={columns(onDone)}
        rows={pauses}
        keyOf={({ family }) => family?.familyId ?? 'all'}
        empty={
          <Empty title="No pauses.">
            Pause the whole queue, for example during maintenance of the identity provider, or one family’s entries. A
            pause can have an end time.
          </Empty>
        }
      />
      <PauseFamily onDone={onDone} />
    </Card>
  );
}

function PauseFamily({ onDone }: { readonly onDone: () => void }) {
  const { isAllowed, reason } = usePermission(pauseQueue.mutation);
  const [familyId, setFamilyId] = useState<string>();
  const name = useFamilyName(familyId);
  return (
    <div className="border-t px-4 py-3">
      <p className="mb-2 font-medium">Pause one family’s entries</p>
      {isAllowed ? (
        <div className="max-w-80">
          <FamilyField value={undefined} onChoose={(family) => setFamilyId(family.familyId)} />
        </div>
      ) : (
        <p className="text-muted">{reason}</p>
      )}
      {familyId !== undefined && (
        <ActionDialog
          action={pauseFamily}
          input={{ familyId }}
          subject={name}
          onDone={onDone}
          onClose={() => setFamilyId(undefined)}
        />
      )}
    </div>
  );
}
