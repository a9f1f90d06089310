/** Pauses the queue or one family, resumes, and sets the limits: from the head of the queue's page. */

import { ChevronDown, CirclePause, Gauge } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { ActionButton, useDoing } from '../actions/action-button.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { type LiveResult, useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Time } from '../ui/time.tsx';
import { count } from '../ui/words.ts';
import { pauseFamily } from './family-actions.ts';
import { pauseQueue, resumeQueue, setQueueLimits } from './queue-actions.ts';

/* Pauses and limits of the queue. The live stream does not publish them, so they are polled. */

const Control = graphql(`
  query QueueControl {
    queueControl {
      pauses { family { id familyId name } pausedAt pausedBy reason endsAt }
      limits { startsPerSecond concurrency burst updatedBy }
    }
  }
`);
type Data = ResultOf<typeof Control>;
type Pause = NonNullable<Data['queueControl']>['pauses'][number];

const EVERY_MS = 5_000;

export const useControl = (): LiveResult<Data> =>
  useLiveQuery({
    query: Control,
    variables: {},
    everyMs: EVERY_MS,
    isPaused: !usePermission('queueControl').isAllowed,
  });

/** The buttons in the page's head; the limits are on their button. */
export function QueueControl({ of: { data, refresh } }: { readonly of: LiveResult<Data> }) {
  const { pauses = [], limits } = data?.queueControl ?? {};
  const { startsPerSecond = null, concurrency = null, burst = null, updatedBy = null } = limits ?? {};
  const isPaused = pauses.some(({ family }) => family === null);
  const done = { input: {}, onDone: refresh };
  const all = useDoing({
    action: pauseQueue,
    ...done,
    disabledBecause: isPaused ? 'It is already paused.' : undefined,
  });
  const one = useDoing({ action: pauseFamily, ...done });
  const limit = useDoing({ action: setQueueLimits, ...done, initial: { startsPerSecond, concurrency } });
  const parts = [
    startsPerSecond !== null && `${count(startsPerSecond)}/s`,
    concurrency !== null && `${count(concurrency)} at once`,
  ].filter((part) => part !== false);
  return (
    <>
      <Menu
        trigger={
          <Button icon={CirclePause}>
            Pause
            <ChevronDown aria-hidden className="size-3.5" />
          </Button>
        }
      >
        <MenuItem onSelect={all.begin} disabledBecause={all.offBecause}>
          The whole queue …
        </MenuItem>
        <MenuItem onSelect={one.begin} disabledBecause={one.offBecause}>
          One family’s entries …
        </MenuItem>
      </Menu>
      <Button
        icon={Gauge}
        isBusy={limit.isBusy}
        disabledBecause={limit.offBecause}
        tip={
          limit.offBecause ??
          (parts.length === 0
            ? 'No limits are set: attempts start as fast as the nodes can.'
            : `Attempts over all nodes together${burst === null ? '' : `, with a burst of ${count(burst)}`}. Set by ${updatedBy}.`)
        }
        onClick={limit.begin}
      >
        {parts.length === 0 ? 'Limits' : `Limit: ${parts.join(', ')}`}
      </Button>
      {all.dialog}
      {one.dialog}
      {limit.dialog}
    </>
  );
}

interface QueueHoldsProps {
  readonly of: LiveResult<Data>;
  /** The family filtered by; pauses of other families are then hidden. */
  readonly family: string | undefined;
}

/** The active pauses, which explain why a list does not move: one line for the queue and one for the families. */
export function QueueHolds({ of: { data, refresh }, family }: QueueHoldsProps) {
  const [isListed, setListed] = useState(false);
  const pauses = (data?.queueControl?.pauses ?? []).filter(
    (pause) => family === undefined || pause.family === null || pause.family.familyId === family,
  );
  const families = pauses.filter((pause) => pause.family !== null);
  const [first] = families;
  const lines = pauses.filter((pause) => pause.family === null || families.length === 1);
  if (pauses.length === 0) return null;
  return (
    <div className="grid gap-2">
      {lines.map((pause) => (
        <Line key={pause.family?.familyId ?? ''}>
          <p className="min-w-0 flex-1 basis-52">
            <strong>{pause.family === null ? 'The queue is paused' : `${pause.family.name} is paused`}</strong> by{' '}
            {pause.pausedBy} since <Time at={pause.pausedAt} as="clock" />
            {pause.endsAt !== null && (
              <>
                , until <Time at={pause.endsAt} as="clock" />
              </>
            )}
            : <q className="break-words">{pause.reason.trim()}</q>
          </p>
          <Resume of={pause} onDone={refresh} />
        </Line>
      ))}
      {families.length > 1 && (
        <Line>
          <p className="min-w-0 flex-1 basis-52">
            <strong>{count(families.length)} families are paused</strong>: {first?.family?.name} and{' '}
            {count(families.length - 1)} more
          </p>
          <Button isSmall onClick={() => setListed(true)}>
            Show
          </Button>
        </Line>
      )}
      {isListed && (
        <Dialog title="Paused families" isWide onClose={() => setListed(false)}>
          <Table
            label="Paused families"
            columns={columnsOf(refresh)}
            rows={families}
            keyOf={(pause) => pause.family?.familyId ?? ''}
          />
        </Dialog>
      )}
    </div>
  );
}

const Line = ({ children }: { readonly children: ReactNode }) => (
  <div className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md bg-warn-soft px-3 py-1 text-warn">
    <CirclePause aria-hidden className="size-4 shrink-0" />
    {children}
  </div>
);

const Resume = ({ of: { family }, onDone }: { readonly of: Pause; readonly onDone: () => void }) => (
  <ActionButton
    action={resumeQueue}
    input={family === null ? {} : { familyId: family.familyId }}
    label="Resume"
    {...(family !== null && { subject: family.name })}
    onDone={onDone}
  />
);

const columnsOf = (onDone: () => void): readonly Column<Pause>[] => [
  { name: 'Family', cell: ({ family }) => <span className="font-medium break-words">{family?.name}</span> },
  { name: 'Reason', isWide: true, cell: ({ reason }) => <span title={reason}>{reason}</span> },
  { name: 'By', cell: ({ pausedBy }) => pausedBy },
  { name: 'Since', cell: ({ pausedAt }) => <Time at={pausedAt} /> },
  {
    name: 'Ends',
    cell: ({ endsAt }) =>
      endsAt === null ? <span className="whitespace-nowrap text-muted">when resumed</span> : <Time at={endsAt} />,
  },
  { name: 'Actions', isNameHidden: true, align: 'right', cell: (pause) => <Resume of={pause} onDone={onDone} /> },
];
