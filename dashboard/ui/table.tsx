/**
 * Rows under named columns; a list of cards on a phone. With `onOpen`, j and k (or the arrow keys) move through the
 * rows and Enter opens one: only one row is in the tab order, as in a grid.
 */

import { type KeyboardEvent, type MouseEvent, memo, type ReactNode, type RefObject, useRef, useState } from 'react';
import type { RowsInSight } from './window-rows.ts';

export interface Column<Row> {
  readonly name: string;
  /** Hides the heading visually, not from screen readers. */
  readonly isNameHidden?: boolean;
  readonly cell: (row: Row, marks: RowMarks) => ReactNode;
  readonly align?: 'right';
  /** Takes the remaining width and truncates its text. */
  readonly isWide?: boolean;
  /** Hidden in a narrow table in a `@container` and on a phone, where another column shows the same. */
  readonly isSpare?: boolean;
  /** The title of a row's card on a phone; the first named column unless another says so. */
  readonly isTitle?: boolean;
}

interface Head {
  readonly content: ReactNode;
  readonly sort?: 'ascending' | 'descending' | undefined;
}

/** What applies to a row in addition to its data. */
interface RowMarks {
  readonly isSelected: boolean;
  /** The classes that `lookOf` returned; empty for none. */
  readonly look: string;
}

interface TableProps<Row> {
  /** What the table lists, for screen readers. */
  readonly label: string;
  /**
   * Pass the same array while it is unchanged: unchanged rows are then not rendered again, which matters in long
   * tables.
   */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly onOpen?: (row: Row) => void;
  /** Handles further keys on a row, for example x to select it. */
  readonly onKey?: (key: string, row: Row) => void;
  /** Returns classes that mark a row: selected, changed, gone. */
  readonly lookOf?: (row: Row) => string;
  readonly isSelected?: (row: Row) => boolean;
  /** Replaces the headings of columns, by name: controls that sort the rows or select all of them. */
  readonly heads?: Readonly<Record<string, Head>>;
  /** Renders only the visible rows of a long list: see window-rows.ts. */
  readonly inSight?: RowsInSight;
  /** Shown when there are no rows. */
  readonly empty?: ReactNode;
}

const SPARE = 'max-md:hidden! md:@max-4xl:hidden';
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
  heads = {},
  inSight,
  empty,
}: TableProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [current, setCurrent] = useState<string>();
  const latest = useRef<Doing<Row>>({ onOpen, onKey, move: () => undefined });
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
  latest.current = { onOpen, onKey, move };

  return (
    // Positioned, because the visually hidden headings would otherwise lie outside of the scroll container.
    <div className="relative overflow-x-auto">
      <table
        aria-label={label}
        aria-rowcount={inSight === undefined ? undefined : rows.length + 1}
        className="data-table w-full border-collapse"
      >
        <thead className="text-left text-sm text-muted">
          <tr>
            {columns.map(({ name, isNameHidden, align, isWide, isSpare }) => (
              <th
                key={name}
                scope="col"
                aria-sort={heads[name]?.sort}
                className={`h-8 border-b px-3 max-md:border-0 max-md:px-0! font-medium whitespace-nowrap first:pl-4 last:pr-4 @max-6xl:not-first:pl-2 @max-6xl:not-last:pr-2 ${align === 'right' ? 'text-right' : ''} ${isWide ? 'w-full' : ''} ${isSpare ? SPARE : ''}`}
              >
                {heads[name]?.content ?? <span className={isNameHidden ? 'sr-only' : ''}>{name}</span>}
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
              <TableRow
                key={key}
                id={key}
                row={row}
                columns={columns}
                index={inSight === undefined ? undefined : first + index}
                measure={inSight?.measure}
                tabIndex={onOpen === undefined ? undefined : isFirstStop ? 0 : -1}
                isSelected={isSelected?.(row)}
                look={lookOf?.(row) ?? ''}
                isOpened={onOpen !== undefined}
                isKeyed={onKey !== undefined}
                onFocus={setCurrent}
                doing={latest}
              />
            );
          })}
          {inSight !== undefined && <Gap height={inSight.below} columns={columns.length} />}
        </tbody>
      </table>
    </div>
  );
}

/** Takes the place of the rows that are out of sight. */
const Gap = ({ height, columns }: { readonly height: number; readonly columns: number }) =>
  height <= 0 ? null : (
    <tr aria-hidden className="border-0! p-0!">
      <td colSpan={columns} className="block! p-0!" style={{ height }} />
    </tr>
  );

/** The handlers of the last rendering, in a ref, so that new handlers do not render the rows again. */
interface Doing<Row> {
  readonly onOpen: ((row: Row) => void) | undefined;
  readonly onKey: ((key: string, row: Row) => void) | undefined;
  readonly move: (by: number) => void;
}

interface TableRowProps<Row> {
  readonly id: string;
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
  /** Its index in the whole table, when only a part of it is rendered. */
  readonly index: number | undefined;
  readonly measure: RowsInSight['measure'] | undefined;
  readonly tabIndex: number | undefined;
  readonly isSelected: boolean | undefined;
  readonly look: string;
  readonly isOpened: boolean;
  readonly isKeyed: boolean;
  readonly onFocus: (id: string) => void;
  readonly doing: RefObject<Doing<Row>>;
}

function PlainRow<Row>(props: TableRowProps<Row>) {
  const { id, row, columns, index, measure, tabIndex, isSelected, look, isOpened, isKeyed, onFocus, doing } = props;
  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>): void => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const { onOpen, onKey, move } = doing.current;
    if (event.key === 'Enter') onOpen?.(row);
    else if (event.key === 'j' || event.key === 'ArrowDown') move(1);
    else if (event.key === 'k' || event.key === 'ArrowUp') move(-1);
    else {
      onKey?.(event.key, row);
      return;
    }
    event.preventDefault();
  };
  const onClick = (event: MouseEvent<HTMLTableRowElement>): void => {
    const isOnControl = (event.target as Element).closest(INTERACTIVE) !== null;
    if (!isOnControl && window.getSelection()?.isCollapsed !== false) doing.current.onOpen?.(row);
  };
  const marks: RowMarks = { isSelected: isSelected === true, look };
  const title = columns.find(({ isTitle }) => isTitle) ?? columns.find(({ isNameHidden }) => !isNameHidden);
  return (
    <tr
      ref={measure}
      data-key={id}
      data-index={index}
      aria-rowindex={index === undefined ? undefined : index + 2}
      tabIndex={tabIndex}
      aria-selected={isSelected}
      onFocus={() => onFocus(id)}
      onKeyDown={isOpened || isKeyed ? onKeyDown : undefined}
      onClick={isOpened ? onClick : undefined}
      className={`scroll-my-14 border-b last:border-0 -outline-offset-2! ${isOpened ? 'cursor-pointer hover:bg-raised' : ''} ${
        isSelected ? 'bg-accent-soft' : ''
      } ${look}`}
    >
      {columns.map((column) => {
        const { name, isNameHidden, cell, align, isWide, isSpare } = column;
        return (
          <td
            key={name}
            data-label={isNameHidden ? undefined : name}
            data-title={column === title || undefined}
            data-wide={isWide}
            className={`md:h-9 md:px-3 md:py-1 md:first:pl-4 md:last:pr-4 md:@max-6xl:not-first:pl-2 md:@max-6xl:not-last:pr-2 ${align === 'right' ? 'md:text-right' : ''} ${isWide ? 'md:max-w-0 md:truncate' : ''} ${isSpare ? SPARE : ''}`}
          >
            {cell(row, marks)}
          </td>
        );
      })}
    </tr>
  );
}
const TableRow = memo(PlainRow) as typeof PlainRow;

/* Moves the focus to the rows of a table by keyboard, from anywhere on the page. */

const OPENED = 'tr[data-key][tabindex]';
const page = (): Element | null => document.getElementById('main');

/** Whether the page has rows that can get the focus. */
export const hasRows = (): boolean => page()?.querySelector(OPENED) != null;

/** Focuses the first row that is visible below the bar above the page. */
export function goToRows(within: Element | null = page()): void {
  const rows = [...(within?.querySelectorAll<HTMLElement>(OPENED) ?? [])];
  const row = rows.find((one) => one.getBoundingClientRect().top >= 48) ?? rows[0];
  row?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}
