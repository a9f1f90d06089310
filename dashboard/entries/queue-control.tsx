/** The active pauses; pauses the queue or one family, and resumes. */

import { useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { ActionButton } from '../actions/action-button.tsx';
import { ActionDialog } from '../actions/action-dialog.tsx';
import { FamilyField, useFamilyName } from '../families/family-field.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Card, Figure } from '../ui/card.tsx';
import { Empty } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count } from '../ui/words.ts';
import { pauseFamily } from './family-actions.ts';
import { pauseQueue, resumeQueue, setQueueLimits } from './queue-actions.ts';

/* Pauses and limits of the queue. The live stream does not publish them, so they are polled. */

const Control = graphql(`
  query QueueControl {
    queueControl {
      pauses { family { id familyId name } pausedAt pausedBy reason endsAt }
      limits { startsPerSecond concurrency burst updatedAt updatedBy }
    }
  }
`);

type Control = NonNullable<ResultOf<typeof Control>['queueControl']>;

const EVERY_MS = 5_000;

export const useControl = () =>
  useLiveQuery({
    query: Control,
    variables: {},
    everyMs: EVERY_MS,
    isPaused: !usePermission('queueControl').isAllowed,
  });

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

/* The queue's limits, over all nodes together. */

interface LimitsCardProps {
  readonly limits: Control['limits'];
  readonly onDone: () => void;
}

export const LimitsCard = ({ limits, onDone }: LimitsCardProps) => {
  const { startsPerSecond, concurrency, burst, updatedAt, updatedBy } = limits;
  return (
    <Card
      title="Limits"
      hint="Protect the identity provider. They apply to all nodes together, immediately."
      actions={
        <ActionButton action={setQueueLimits} input={{}} initial={{ startsPerSecond, concurrency }} onDone={onDone} />
      }
    >
      <dl className="grid grid-cols-2 gap-4">
        <Figure
          label="Attempts per second"
          value={startsPerSecond === null ? 'No limit' : count(startsPerSecond)}
          note={
            startsPerSecond === null
              ? 'As fast as the nodes can.'
              : `At most ${count(startsPerSecond + (burst ?? 0))} in any second, including the burst.`
          }
        />
        <Figure
          label="Concurrent attempts"
          value={concurrency === null ? 'No limit' : count(concurrency)}
          note={concurrency === null ? 'As many as the nodes can run.' : 'Others wait for a free slot.'}
        />
      </dl>
      <p className="mt-3 text-sm text-muted">
        {updatedBy === null ? (
          'No limits were ever set.'
        ) : (
          <>
            Set <Time at={updatedAt} /> by {updatedBy}.
          </>
        )}
      </p>
    </Card>
  );
};
