/** A long table, shown 50 rows at a time. */
import { useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { type Column, Table } from '../../../ui/table.tsx';
import { count } from '../../../ui/words.ts';

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
