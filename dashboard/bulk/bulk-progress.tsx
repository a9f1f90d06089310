/** The live progress of a bulk action and of its undo, in its dialog and on its own page. */

import { type ReactNode, useMemo } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { ActionButton } from '../actions/action-button.tsx';
import { undoBulkAction } from '../entries/queue-actions.ts';
import { serverNow } from '../graphql/client.ts';
import { type LiveResult, useLiveQuery } from '../live/use-live.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Progress } from '../ui/graphs.tsx';
import { lengthOf } from '../ui/instants.rules.ts';
import { Loaded, Notice } from '../ui/notice.tsx';
import { Status } from '../ui/text.tsx';
import { Length, Time, useNow } from '../ui/time.tsx';
import { BULK_STATUS, count, counted } from '../ui/words.ts';
import { progressOf, restOf, type Standstill, standstillOf, tenthsOf, whyNoUndo } from './bulk.rules.ts';
import { BULK, type Bulk, BulkState } from './bulk-documents.ts';
import { BulkSkips } from './bulk-left-out.tsx';

/* Warns that a bulk action in progress has stalled, and shows when another node can take over. */

/** Computed once per response, because an old response says nothing about the present. */
function useStandstill(bulk: Bulk): Standstill | undefined {
  return useMemo(() => standstillOf(bulk, serverNow()), [bulk]);
}

function StandingStill({ of: { lastBatchAt, freeAt } }: { readonly of: Standstill }) {
  const now = useNow();
  return (
    <Notice tone="warn">
      Nothing has been done for {lengthOf(now - Date.parse(lastBatchAt))}: the node that works at it is slow or gone.
      {Date.parse(freeAt) > now ? (
        <>
          {' '}
          If it is gone, another goes on in <Time at={freeAt} as="left" />.
        </>
      ) : (
        ' Another goes on as soon as one is there.'
      )}
    </Notice>
  );
}

/** The bulk action, fetched again whenever it progresses. */
export function useBulkAction(bulkActionId: string) {
  return useLiveQuery({
    query: BulkState,
    variables: { bulkActionId },
    on: ['BULK_ACTION'],
    isAbout: ({ BULK_ACTION }) => BULK_ACTION?.keys.has(bulkActionId) === true,
    // No event reports that the time to undo has passed or that the node at work was killed.
    everyMs: 5_000,
    isPaused: !usePermission('bulkAction').isAllowed,
  });
}

interface BulkProgressProps {
  readonly bulkActionId: string;
  /** How long the attempts that follow take, as estimated by the plan. */
  readonly estimatedDuration?: string | null;
  /** Shows its status and a link to its own page, which has the status in its head. */
  readonly isLinked?: boolean;
}

export function BulkProgress({ bulkActionId, estimatedDuration = null, isLinked = false }: BulkProgressProps) {
  const result: LiveResult<{ readonly bulkAction: Bulk | null }> = useBulkAction(bulkActionId);
  return (
    <Loaded result={result}>
      {({ bulkAction }) =>
        bulkAction === null ? (
          <Notice tone="warn">There is no bulk action with this id.</Notice>
        ) : (
          <>
            <BulkCounts
              bulk={bulkAction}
              estimatedDuration={estimatedDuration}
              onChange={result.refresh}
              isLinked={isLinked}
            />
            <BulkSkips of={bulkAction} />
          </>
        )
      }
    </Loaded>
  );
}

interface BulkCountsProps {
  readonly bulk: Bulk;
  readonly estimatedDuration?: string | null;
  readonly isLinked?: boolean;
  readonly onChange: () => void;
  /** The button that applies a plan, in place of the undo. */
  readonly apply?: ReactNode;
}

export function BulkCounts({ bulk, estimatedDuration = null, isLinked = false, onChange, apply }: BulkCountsProps) {
  const { bulkActionId, action, status, appliedAt, doneCount, skippedCount, undoneCount, keptCount } = bulk;
  const progress = progressOf(bulk);
  const isUndo = status === 'UNDOING' || status === 'UNDONE';
  const standstill = useStandstill(bulk);
  const rest =
    isUndo || standstill !== undefined || appliedAt === null
      ? undefined
      : restOf(progress, serverNow() - Date.parse(appliedAt));
  const left = isUndo ? keptCount : skippedCount;
  const result =
    status === 'PLANNED'
      ? `${counted(bulk.totalCount, 'entry', 'entries')} planned`
      : isUndo
        ? `${count(undoneCount)} of ${count(doneCount)} undone`
        : `${count(doneCount)} of ${count(bulk.totalCount)} ${BULK[action].past.toLowerCase()}`;
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="flex flex-wrap items-center gap-x-3">
          {isLinked && <Status of={BULK_STATUS[status]} />}
          <span className="font-medium">{result}</span>
          {left > 0 && <span>{`${count(left)} ${isUndo ? 'kept as they are' : 'skipped'}`}</span>}
          {rest !== undefined && <span className="text-muted">about {lengthOf(rest)} to go</span>}
        </div>
        {/* Announces each tenth to screen readers, not each second. */}
        <p role="status" className="sr-only">
          {BULK_STATUS[status].text}
          {progress.isUnderWay && `, ${tenthsOf(progress) * 10} percent`}
        </p>
        <div className="flex flex-wrap gap-2">
          {isLinked && (
            <ButtonLink href={`/bulk-actions/${bulkActionId}`} isSmall>
              Open its page
            </ButtonLink>
          )}
          {apply || (
            <ActionButton
              action={undoBulkAction}
              input={{ bulkActionId }}
              subject={`the ${BULK[action].noun} of ${counted(doneCount, 'entry', 'entries')}`}
              onDone={onChange}
              disabledBecause={whyNoUndo(bulk)}
            />
          )}
        </div>
      </div>
      {progress.isUnderWay && (
        <Progress label={isUndo ? 'Undo' : BULK[action].label} done={progress.done} total={progress.total} />
      )}
      {standstill !== undefined && <StandingStill of={standstill} />}
      {estimatedDuration !== null && action === 'RETRY' && !isUndo && (
        <p className="text-sm text-muted">
          The attempts themselves take about <Length of={estimatedDuration} />, by the plan.
        </p>
      )}
    </div>
  );
}
