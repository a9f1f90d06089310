/** Entries that a bulk action, or its undo, did not change, each with the reason; in pages. */

import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { TypedDocumentNode } from 'urql';
import { Link, useLocation } from 'wouter';
import { client } from '../graphql/client.ts';
import type { ResultOf } from '../graphql/graphql.ts';
import { problemOf } from '../graphql/problems.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Notice } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Badge, Status } from '../ui/text.tsx';
import { count, counted, ENTRY_STATUS } from '../ui/words.ts';
import { askFrom, type GrowingList, PER_PAGE, withPage } from './bulk.rules.ts';
import { AccountCell } from './bulk-changed.tsx';
import { type Bulk, BulkKept, BulkSkipped, type LeftOutPage } from './bulk-documents.ts';

type LeftOut = LeftOutPage['nodes'][number];

const columnsOf = (own: string): readonly Column<LeftOut>[] => [
  { name: 'Account', cell: ({ entry }) => <AccountCell of={entry} /> },
  { name: 'Current state', cell: ({ entry: { status } }) => <Status of={ENTRY_STATUS[status]} /> },
  {
    name: 'Why',
    cell: ({ message, entry: { bulkAction } }) => (
      <div className="min-w-0">
        <p>{message}</p>
        {bulkAction !== null && bulkAction.bulkActionId !== own && (
          <p className="text-sm text-muted">
            <Link href={`/bulk-actions/${bulkAction.bulkActionId}`} className="text-accent underline">
              Another bulk action
            </Link>{' '}
            changed it last, by {bulkAction.actor}.
          </p>
        )}
      </div>
    ),
  },
];

const NONE: GrowingList<LeftOut> = { nodes: [], pageInfo: { endCursor: null, hasNextPage: false } };

interface BulkLeftOutProps<Data> {
  readonly title: string;
  readonly hint: string;
  /** How many there are; when the number grows, more are fetched. */
  readonly size: number;
  readonly bulkActionId: string;
  readonly document: TypedDocumentNode<Data, { bulkActionId: string; after?: string | null }>;
  readonly pageOf: (data: Data) => LeftOutPage | null | undefined;
  /** Shown above the list. */
  readonly children?: ReactNode;
}

function BulkLeftOut<Data>(props: BulkLeftOutProps<Data>) {
  const { title, hint, size, bulkActionId, document, pageOf, children } = props;
  const [, go] = useLocation();
  const columns = useMemo(() => columnsOf(bulkActionId), [bulkActionId]);
  const [shown, setShown] = useState<GrowingList<LeftOut>>(NONE);
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
  // One request at a time, so that each response belongs to the list that it was requested for.
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
      {children}
      <Table
        label={title}
        columns={columns}
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

const skippedOf = ({ bulkAction }: ResultOf<typeof BulkSkipped>) => bulkAction?.skipped;
const keptOf = ({ bulkAction }: ResultOf<typeof BulkKept>) => bulkAction?.kept;

/** The entries that its application skipped. */
export const BulkSkips = ({ of: { bulkActionId, skippedCount, skippedReasons } }: { readonly of: Bulk }) =>
  skippedCount > 0 && (
    <BulkLeftOut
      title="Skipped"
      hint="They had changed since the plan, so they were skipped. Deleted entries are counted, not listed."
      size={skippedCount}
      bulkActionId={bulkActionId}
      document={BulkSkipped}
      pageOf={skippedOf}
    >
      {skippedReasons !== null && skippedReasons.length > 0 && (
        <ul aria-label="Why they were skipped" className="grid gap-1 px-4 pb-3">
          {skippedReasons.map(({ code, message, count: many }) => (
            <li key={code}>
              <strong className="font-medium">{counted(many, 'entry', 'entries')}</strong>: {message}
            </li>
          ))}
        </ul>
      )}
    </BulkLeftOut>
  );

/** The entries that its undo did not change. */
export const BulkKeeps = ({ of: { bulkActionId, keptCount } }: { readonly of: Bulk }) =>
  keptCount > 0 && (
    <BulkLeftOut
      title="Kept by the undo"
      hint="They have changed since, so the undo left them as they are."
      size={keptCount}
      bulkActionId={bulkActionId}
      document={BulkKept}
      pageOf={keptOf}
    />
  );

interface Exclusion {
  readonly code: string;
  readonly message: string;
  readonly count: number;
  readonly sample: SampleProps['entries'];
}

/** The entries that a plan leaves out, by reason, with a sample of each. */
export const Exclusions = ({ of }: { readonly of: readonly Exclusion[] }) =>
  of.map(({ code, message, count: size, sample }) => (
    <section key={code} aria-label={message} className="grid gap-1 border-t pt-3">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1">
        <Badge tone="warn">{counted(size, 'entry left out', 'entries left out')}</Badge>
        <p className="min-w-0 flex-1 basis-64">{message}</p>
      </div>
      {sample.length > 0 && (
        <details>
          <summary className="text-sm text-muted">
            {size > sample.length ? `The first ${count(sample.length)}` : 'Which'}
          </summary>
          <Sample entries={sample} />
        </details>
      )}
    </section>
  ));

interface SampleProps {
  readonly entries: readonly {
    readonly entryId: string;
    readonly username: string;
    readonly fullName?: string;
    readonly status: keyof typeof ENTRY_STATUS;
  }[];
}

// Links open in a new tab, because leaving the page would discard the plan.
export const Sample = ({ entries }: SampleProps) => (
  <ul className="mt-1 grid gap-x-6 gap-y-1 sm:grid-cols-2">
    {entries.map(({ entryId, username, fullName, status }) => (
      <li key={entryId} className="flex min-w-0 items-center justify-between gap-3">
        <a href={`/queue/${entryId}`} target="_blank" rel="noopener" className="min-w-0 truncate hover:underline">
          <span className="font-medium">{username}</span>
          {fullName !== undefined && <span className="text-muted"> · {fullName}</span>}
        </a>
        <Status of={ENTRY_STATUS[status]} />
      </li>
    ))}
  </ul>
);
