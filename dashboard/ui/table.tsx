/**
 * Rows under named columns; a list of cards on a phone. With `onOpen`, j and k (or the arrow keys)
 * go through the rows and Enter opens one: one row is in the order of Tab, as in a grid.
 */
import { type KeyboardEvent, type MouseEvent, type ReactNode, useRef, useState } from 'react';
import type { RowsInSight } from './window-rows.ts';

export interface Column<Row> {
  readonly name: string;
  /** Left out of the heads that people see, not of those that they hear. */
  readonly isNameHidden?: boolean;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: 'right';
  /** Takes what room is left and cuts its text. */
  readonly isWide?: boolean;
}

interface TableProps<Row> {
  /** What the table lists, for those who hear it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly onOpen?: (row: Row) => void;
  /** More keys of a row: x to select it, for example. */
  readonly onKey?: (key: string, row: Row) => void;
  /** Marks a row: selected, changed, gone. */
  readonly lookOf?: (row: Row) => string;
  readonly isSelected?: (row: Row) => boolean;
  /** Of a long list only what is in sight stands in the page: see window-rows.ts. */
  readonly inSight?: RowsInSight;
  /** What stands where there are no rows. */
  readonly empty?: ReactNode;
}

const INTERACTIVE = 'a, button, input, select, label, summary, dialog, [role=button], [role=menuitem]';

export function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
  onOpen,
  onKey,
  lookOf,
  isSelected,
  inSight,
  empty,
}: TableProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [current, setCurrent] = useState<string>();
  if (rows.length === 0 && empty !== undefined) return empty;
  const first = inSight?.from ?? 0;
  const shown = inSight === undefined ? rows : rows.slice(inSight.from, inSight.to);
  const isCurrentShown = shown.some((row) => keyOf(row) === current);

  const move = (by: number): void => {
    const all = [...(body.current?.querySelectorAll<HTMLTableRowElement>('tr[data-key]') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLTableRowElement);
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    next?.focus();
    next?.scrollIntoView({ block: 'nearest' });
  };
  const onRowKey = (event: KeyboardEvent<HTMLTableRowElement>, row: Row): void => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter') onOpen?.(row);
    else if (event.key === 'j' || event.key === 'ArrowDown') move(1);
    else if (event.key === 'k' || event.key === 'ArrowUp') move(-1);
    else {
      onKey?.(event.key, row);
      return;
    }
    event.preventDefault();
  };
  const onRowClick = (event: MouseEvent<HTMLTableRowElement>, row: Row): void => {
    const isOnControl = (event.target as Element).closest(INTERACTIVE) !== null;
    if (!isOnControl && window.getSelection()?.isCollapsed !== false) onOpen?.(row);
  };

  return (
    <div className="overflow-x-auto">
      <table
        aria-label={label}
        aria-rowcount={inSight === undefined ? undefined : rows.length + 1}
        className="data-table w-full border-collapse"
      >
        <thead className="text-left text-sm text-muted">
          <tr>
            {columns.map(({ name, isNameHidden, align, isWide }) => (
              <th
                key={name}
                scope="col"
                className={`h-8 border-b px-3 font-medium whitespace-nowrap first:pl-4 last:pr-4 ${align === 'right' ? 'text-right' : ''} ${isWide ? 'w-full' : ''}`}
              >
                <span className={isNameHidden ? 'sr-only' : ''}>{name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {inSight !== undefined && <Gap height={inSight.above} columns={columns.length} />}
          {shown.map((row, index) => {
            const key = keyOf(row);
            const isFirstStop = isCurrentShown ? key === current : index === 0;
            return (
              <tr
                key={key}
                ref={inSight?.measure}
                data-key={key}
                data-index={inSight === undefined ? undefined : first + index}
                aria-rowindex={inSight === undefined ? undefined : first + index + 2}
                tabIndex={onOpen === undefined ? undefined : isFirstStop ? 0 : -1}
                aria-selected={isSelected?.(row)}
                onFocus={() => setCurrent(key)}
                onKeyDown={onOpen === undefined && onKey === undefined ? undefined : (event) => onRowKey(event, row)}
                onClick={onOpen === undefined ? undefined : (event) => onRowClick(event, row)}
                className={`border-b last:border-0 -outline-offset-2! ${onOpen === undefined ? '' : 'cursor-pointer hover:bg-raised'} ${
                  isSelected?.(row) ? 'bg-accent-soft' : ''
                } ${lookOf?.(row) ?? ''}`}
              >
                {columns.map(({ name, isNameHidden, cell, align, isWide }) => (
                  <td
                    key={name}
                    data-label={isNameHidden ? undefined : name}
                    className={`md:h-9 md:px-3 md:py-1.5 md:first:pl-4 md:last:pr-4 ${align === 'right' ? 'md:text-right' : ''} ${isWide ? 'md:max-w-0 md:truncate' : ''}`}
                  >
                    {cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          {inSight !== undefined && <Gap height={inSight.below} columns={columns.length} />}
        </tbody>
      </table>
    </div>
  );
}

/** Stands for the rows that are out of sight. */
const Gap = ({ height, columns }: { readonly height: number; readonly columns: number }) =>
  height <= 0 ? null : (
    <tr aria-hidden className="border-0! p-0!">
      <td colSpan={columns} className="block! p-0!" style={{ height }} />
    </tr>
  );
