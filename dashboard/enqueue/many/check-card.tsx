/** The checked rows, those with problems first, and the button that enqueues the valid ones. */

import { Send } from 'lucide-react';
import { useMemo, useState } from 'react';
import { usePermission } from '../../access/viewer.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Notice } from '../../ui/notice.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Badge } from '../../ui/text.tsx';
import { Time } from '../../ui/time.tsx';
import { count, counted, USER_ROLE } from '../../ui/words.ts';
import { type CheckedRow, isGood, problemsFirst } from './check.rules.ts';
import { draft, useChecked } from './draft.ts';
import { send } from './sending.ts';

/* A long table, shown 50 rows at a time. */

const PAGE_SIZE = 50;

interface PagedTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

export function PagedTable<Row>({ label, columns, rows, keyOf }: PagedTableProps<Row>) {
  const [wanted, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_SIZE));
  const page = Math.min(wanted, pages - 1);
  const from = page * PAGE_SIZE;
  const shown = rows.slice(from, from + PAGE_SIZE);
  return (
    <>
      <Table label={label} columns={columns} rows={shown} keyOf={keyOf} />
      {pages > 1 && (
        <nav aria-label={`Pages of ${label}`} className="flex items-center justify-between gap-3 border-t px-4 py-2">
          <Button
            isSmall
            disabledBecause={page === 0 ? 'This is the first page.' : undefined}
            onClick={() => setPage(page - 1)}
          >
            Previous
          </Button>
          <span className="text-sm text-muted">
            {count(from + 1)} to {count(from + shown.length)} of {count(rows.length)}
          </span>
          <Button
            isSmall
            disabledBecause={page === pages - 1 ? 'This is the last page.' : undefined}
            onClick={() => setPage(page + 1)}
          >
            Next
          </Button>
        </nav>
      )}
    </>
  );
}

const COLUMNS: readonly Column<CheckedRow>[] = [
  { name: 'Line', cell: ({ line }) => line },
  {
    name: 'Check',
    cell: (row) =>
      isGood(row) ? (
        <Badge tone="good">Good</Badge>
      ) : (
        <ul className="grid max-w-md gap-0.5 text-bad">
          {Object.entries(row.problems).map(([field, problem]) => (
            <li key={field}>{problem}</li>
          ))}
        </ul>
      ),
  },
  {
    name: 'Username',
    cell: ({ draft }) => <span className="inline-block break-all md:min-w-40">{draft.username || '–'}</span>,
  },
  { name: 'Full name', cell: ({ draft }) => <span className="break-words">{draft.fullName || '–'}</span> },
  { name: 'Family', cell: ({ familyName }) => <span className="break-words">{familyName || '–'}</span> },
  { name: 'Role', cell: ({ draft }) => (draft.role === undefined ? '–' : USER_ROLE[draft.role]) },
  { name: 'Password', cell: ({ draft }) => (draft.password === '' ? 'Generated' : 'Given') },
  {
    name: 'Run at',
    cell: ({ draft }) => (draft.runAt === undefined ? 'At once' : <Time at={draft.runAt} as="exact" />),
  },
];

export function CheckCard() {
  const { rows, isLookingUp, problem, lookAgain } = useChecked();
  const isPasted = draft.use().table?.isPasted === true;
  const may = usePermission('enqueueAccounts');
  const sorted = useMemo(() => problemsFirst(rows), [rows]);
  const good = useMemo(() => rows.filter(isGood), [rows]);
  const badCount = rows.length - good.length;
  const noSending = !may.isAllowed
    ? may.reason
    : isLookingUp
      ? 'Looking up families.'
      : good.length === 0
        ? 'No valid row yet.'
        : undefined;
  return (
    <Card
      title="Check before sending"
      hint="Only the server knows which usernames are taken: such rows are refused, the others go on."
      actions={
        <Button kind="primary" icon={Send} disabledBecause={noSending} onClick={() => send(rows)}>
          Enqueue {counted(good.length, 'account', 'accounts')}
        </Button>
      }
      isFlush
    >
      <div className="grid gap-3 px-4 pb-3" aria-live="polite">
        {problem !== undefined && (
          <Notice
            tone="bad"
            actions={
              <Button isSmall onClick={lookAgain}>
                Check again
              </Button>
            }
          >
            Some families could not be looked up. {problem}
          </Notice>
        )}
        {isLookingUp ? (
          <Notice tone="info">Looking up the families in the table.</Notice>
        ) : badCount > 0 ? (
          <Notice tone="warn">
            {counted(badCount, 'row has a problem', 'rows have problems')}, shown first
            {good.length > 0 && ', and will be left out'}. Fix them in the {isPasted ? 'text' : 'file'}, or choose above
            the columns and the defaults for rows without a value
            {good.length > 0 && '; or send the others now'}.
          </Notice>
        ) : rows.length === 0 ? (
          <Notice tone="warn">There are no rows below the heading.</Notice>
        ) : (
          <Notice tone="good">
            {rows.length === 1 ? 'The row is valid.' : `All ${count(rows.length)} rows are valid.`}
          </Notice>
        )}
      </div>
      <PagedTable label="Rows" columns={COLUMNS} rows={sorted} keyOf={({ line }) => String(line)} />
    </Card>
  );
}
