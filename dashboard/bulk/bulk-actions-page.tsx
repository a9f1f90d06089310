/** Bulk actions and plans, each linked to its page with progress and undo. */

import { Link, useLocation } from 'wouter';
import { ActionButton } from '../actions/action-button.tsx';
import { undoBulkAction } from '../entries/queue-actions.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { useFirstPageInstead, useListAddress } from '../ui/filters.tsx';
import { Empty, Loaded } from '../ui/notice.tsx';
import { Page, Pager } from '../ui/page.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { BULK_STATUS, count, counted } from '../ui/words.ts';
import { BULK } from './bulk-documents.ts';

const BulkActions = graphql(`
  query BulkActions($first: Int, $after: String, $last: Int, $before: String) {
    bulkActions(first: $first, after: $after, last: $last, before: $before) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes { id bulkActionId action status actor reason createdAt totalCount doneCount canUndo }
    }
  }
`);
type Row = NonNullable<ResultOf<typeof BulkActions>['bulkActions']>['nodes'][number];

const PER_PAGE = 50;

const columnsOf = (onDone: () => void): readonly Column<Row>[] => [
  {
    name: 'Bulk action',
    cell: ({ bulkActionId, action }) => (
      <Link
        href={`/bulk-actions/${bulkActionId}`}
        className="font-medium text-accent hover:underline md:whitespace-nowrap"
      >
        {BULK[action].title}
      </Link>
    ),
  },
  { name: 'Status', cell: ({ status }) => <Status of={BULK_STATUS[status]} /> },
  { name: 'Planned', cell: ({ createdAt }) => <Time at={createdAt} as="clock" /> },
  { name: 'By', cell: ({ actor }) => actor },
  {
    name: 'Changed',
    align: 'right',
    cell: ({ doneCount, totalCount }) => (
      <span className="whitespace-nowrap">
        {count(doneCount)} of {count(totalCount)}
      </span>
    ),
  },
  { name: 'Reason', isWide: true, cell: ({ reason }) => <span title={reason ?? undefined}>{reason}</span> },
  {
    name: 'Undo',
    isNameHidden: true,
    align: 'right',
    cell: ({ bulkActionId, action, doneCount, canUndo }) =>
      canUndo && (
        <ActionButton
          action={undoBulkAction}
          input={{ bulkActionId }}
          subject={`the ${BULK[action].noun} of ${counted(doneCount, 'entry', 'entries')}`}
          onDone={onDone}
        />
      ),
  },
];

export default function BulkActionsPage() {
  const address = useListAddress([], PER_PAGE);
  const [, navigate] = useLocation();
  const result = useLiveQuery({
    query: BulkActions,
    variables: address.page,
    on: ['BULK_ACTION'],
    // A plan expires without a change notification.
    everyMs: 60_000,
  });
  useFirstPageInstead(address, result);
  const total = result.data?.bulkActions?.totalCount;
  return (
    <Page
      title="Bulk actions"
      badge={total !== undefined && total > 0 && <span className="text-muted">{count(total)}</span>}
    >
      <Card title="Bulk actions" isTitleHidden isFlush>
        <Loaded result={result} height={16}>
          {({ bulkActions }) =>
            bulkActions !== null && (
              <>
                <Table
                  label="Bulk actions"
                  columns={columnsOf(result.refresh)}
                  rows={bulkActions.nodes}
                  keyOf={({ id }) => id}
                  onOpen={({ bulkActionId }) => navigate(`/bulk-actions/${bulkActionId}`)}
                  empty={
                    <Empty title="No bulk actions." actions={<ButtonLink href="/queue">To the queue</ButtonLink>}>
                      Select entries in the queue to retry, cancel or reschedule them together.
                    </Empty>
                  }
                />
                <Pager of={bulkActions.pageInfo} onPage={(page) => address.set(page, true)} />
              </>
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}
