/** Entries that a bulk action, or its undo, left as they are, each with the reason; by pages. */
import { useCallback, useEffect, useState } from 'react';
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

interface BulkLeftOutProps<Data> {
  readonly title: string;
  readonly hint: string;
  /** How many there are: when there are more, they are asked for again. */
  readonly size: number;
  readonly bulkActionId: string;
  readonly document: TypedDocumentNode<Data, { bulkActionId: string; after?: string | null }>;
  readonly pageOf: (data: Data) => LeftOutPage | null | undefined;
}

export function BulkLeftOut<Data>({ title, hint, size, bulkActionId, document, pageOf }: BulkLeftOutProps<Data>) {
  const [, go] = useLocation();
  const [shown, setShown] = useState<LeftOutPage>({ nodes: [], pageInfo: { endCursor: null, hasNextPage: false } });
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const load = useCallback(
    async (after: string | null) => {
      setBusy(true);
      const { data, error } = await client
        .query(document, { bulkActionId, after }, { requestPolicy: 'network-only' })
        .toPromise();
      setBusy(false);
      setProblem(error === undefined ? undefined : problemOf(error));
      const page = data === undefined ? undefined : pageOf(data);
      if (page == null) return;
      setShown((before) => (after === null ? page : { ...page, nodes: [...before.nodes, ...page.nodes] }));
    },
    [document, bulkActionId, pageOf],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: more of them are a reason to look again.
  useEffect(() => void load(null), [load, size]);
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
            Load 50 more
          </Button>
        </div>
      )}
    </Card>
  );
}
