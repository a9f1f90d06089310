/** Entries that a bulk action, or its undo, left as they are, each with the reason; by pages. */
import { useEffect, useState } from 'react';
import type { TypedDocumentNode } from 'urql';
import { useLocation } from 'wouter';
import type { LeftOutPage } from '../../bulk/bulk-documents.ts';
import { client } from '../../graphql/client.ts';
import { problemOf } from '../../graphql/problems.ts';
import { Status } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Notice } from '../../ui/notice.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { counted, ENTRY_STATUS } from '../../ui/words.ts';
import { askFrom, type LeftOutList, PER_PAGE, withPage } from './left-out.rules.ts';

type LeftOut = LeftOutPage['nodes'][number];

const COLUMNS: readonly Column<LeftOut>[] = [
  {
    name: 'Account',
    cell: ({ entry: { username, fullName } }) => (
      <div className="min-w-0 md:max-w-64">
        <p className="truncate font-medium">{username}</p>
        <p className="truncate text-sm text-muted">{fullName}</p>
      </div>
    ),
  },
  { name: 'State now', cell: ({ entry: { status } }) => <Status of={ENTRY_STATUS[status]} /> },
  {
    name: 'Why',
    cell: ({ code, message }) => (
      <div className="min-w-0 max-md:text-right">
        <p className="font-mono text-xs">{code}</p>
        <p className="text-sm text-muted">{message}</p>
      </div>
    ),
  },
];

const NONE: LeftOutList<LeftOut> = { nodes: [], pageInfo: { endCursor: null, hasNextPage: false } };

interface BulkLeftOutProps<Data> {
  readonly title: string;
  readonly hint: string;
  /** How many there are: when there are more, they are asked for. */
  readonly size: number;
  readonly bulkActionId: string;
  readonly document: TypedDocumentNode<Data, { bulkActionId: string; after?: string | null }>;
  readonly pageOf: (data: Data) => LeftOutPage | null | undefined;
}

export function BulkLeftOut<Data>({ title, hint, size, bulkActionId, document, pageOf }: BulkLeftOutProps<Data>) {
  const [, go] = useLocation();
  const [shown, setShown] = useState<LeftOutList<LeftOut>>(NONE);
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [sizeAsked, setSizeAsked] = useState(0);
  const load = async (after: string | null): Promise<void> => {
    setBusy(true);
    const { data, error } = await client
      .query(document, { bulkActionId, after }, { requestPolicy: 'network-only' })
      .toPromise();
    setBusy(false);
    setProblem(error === undefined ? undefined : problemOf(error));
    const page = data === undefined ? undefined : pageOf(data);
    if (page != null) setShown((before) => withPage(before, page, after));
  };
  // One after another: an answer never meets a list that is another than the one it was asked for.
  // biome-ignore lint/correctness/useExhaustiveDependencies: more of them are the reason to look again, and the end of a look the time.
  useEffect(() => {
    if (isBusy || size === sizeAsked) return;
    setSizeAsked(size);
    const from = askFrom(shown);
    if (from !== undefined) void load(from);
  }, [size, isBusy]);
  return (
    <Card title={`${title}: ${counted(size, 'entry', 'entries')}`} hint={hint} isFlush>
      {problem !== undefined && (
        <div className="px-4 pb-3">
          <Notice tone="bad" isUrgent>
            {problem}
          </Notice>
        </div>
      )}
      <Table
        label={title}
        columns={COLUMNS}
        rows={shown.nodes}
        keyOf={({ entry: { entryId } }) => entryId}
        onOpen={({ entry: { entryId } }) => go(`/queue/${entryId}`)}
      />
      {shown.pageInfo.hasNextPage && (
        <div className="flex justify-center border-t p-3">
          <Button isBusy={isBusy} onClick={() => void load(shown.pageInfo.endCursor)}>
            Load {PER_PAGE} more
          </Button>
        </div>
      )}
    </Card>
  );
}
