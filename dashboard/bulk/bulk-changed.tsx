/** The entries that a bulk action changed, each with its current state; in pages, in the plan's order. */

import { useState } from 'react';
import { useLocation } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Loaded } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Badge, Status } from '../ui/text.tsx';
import { counted, ENTRY_STATUS } from '../ui/words.ts';
import { BULK, type Bulk, BulkChanged, type ChangedPage } from './bulk-documents.ts';

/** The account of a line of a bulk action. A name may be in a right-to-left script. */
export const AccountCell = ({ of }: { readonly of: { readonly username: string; readonly fullName: string } }) => (
  <div className="min-w-0 items-baseline gap-3 md:flex md:max-w-96">
    <p className="truncate font-medium md:shrink-0">{of.username}</p>
    <p dir="auto" className="truncate text-sm text-muted">
      {of.fullName}
    </p>
  </div>
);

type Line = ChangedPage['nodes'][number];

const COLUMNS: readonly Column<Line>[] = [
  { name: 'Account', cell: ({ entry }) => <AccountCell of={entry} /> },
  {
    name: 'Current state',
    isWide: true,
    cell: ({ entry: { status }, outcome }) => (
      <span className="inline-flex flex-wrap gap-2">
        <Status of={ENTRY_STATUS[status]} />
        {outcome === 'UNDONE' && <Badge tone="idle">Undone</Badge>}
        {outcome === 'KEPT' && <Badge tone="warn">Kept by the undo</Badge>}
      </span>
    ),
  },
];

export function BulkChangedCard({ of: { bulkActionId, action, doneCount } }: { readonly of: Bulk }) {
  const [, go] = useLocation();
  /** The cursors of the pages up to this one, the current one last. */
  const [trail, setTrail] = useState<readonly string[]>([]);
  const result = useLiveQuery({
    query: BulkChanged,
    variables: { bulkActionId, after: trail.at(-1) ?? null },
    on: ['BULK_ACTION', 'QUEUED_CREATION'],
    isPaused: !usePermission('bulkAction').isAllowed,
  });
  if (doneCount === 0) return null;
  return (
    <Card title={`${BULK[action].past}: ${counted(doneCount, 'entry', 'entries')}`} isFlush>
      <Loaded result={result} height={16}>
        {({ bulkAction }) => {
          const { nodes = [], pageInfo } = bulkAction?.changed ?? {};
          const next = pageInfo?.hasNextPage === true ? pageInfo.endCursor : null;
          return (
            <>
              <Table
                label={BULK[action].past}
                columns={COLUMNS}
                rows={nodes}
                keyOf={({ entry: { entryId } }) => entryId}
                onOpen={({ entry: { entryId } }) => go(`/queue/${entryId}`)}
              />
              {(trail.length > 0 || next !== null) && (
                <nav aria-label="Pages of the list" className="flex justify-between gap-2 border-t px-4 py-2">
                  <Button
                    isSmall
                    disabledBecause={trail.length > 0 ? undefined : 'This is the first page.'}
                    onClick={() => setTrail(trail.slice(0, -1))}
                  >
                    Back
                  </Button>
                  <Button
                    isSmall
                    disabledBecause={next === null ? 'This is the last page.' : undefined}
                    onClick={() => next !== null && setTrail([...trail, next])}
                  >
                    Next
                  </Button>
                </nav>
              )}
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}
