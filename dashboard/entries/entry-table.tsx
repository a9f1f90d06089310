/** The table of entries: its columns, and the style of selected rows and of rows that no longer match. */

import { ArrowDown, ArrowUp, FilterX } from 'lucide-react';
import { type ReactNode, type RefObject, useCallback, useMemo, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { serverNow } from '../graphql/client.ts';
import { type Column, Table } from '../ui/table.tsx';
import { Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { useRowsInSight } from '../ui/window-rows.ts';
import { count, ENTRY_STATUS } from '../ui/words.ts';
import { allOf, type EntryList, isIn, NOTHING, type Selection } from './entry-list.rules.ts';
import type { Entry } from './kept-list.ts';
import type { QueueView } from './queue-filter.rules.ts';
import { type RowActions, RowMenu } from './row-actions.tsx';

interface EntryTableProps {
  readonly list: EntryList<Entry>;
  readonly view: QueueView;
  readonly selection: Selection;
  /** `isRange`: shift was held, so the selection extends up to this entry. */
  readonly onSelect: (entryId: string, isRange: boolean) => void;
  readonly onSelection: (selection: Selection) => void;
  readonly onChange: (change: Partial<QueueView>) => void;
  readonly actions: RowActions;
  readonly empty: ReactNode;
}

const HOUR_MS = 3_600_000;

export function EntryTable(props: EntryTableProps) {
  const { list, view, selection, onSelect, onSelection, onChange, actions, empty } = props;
  const [, go] = useLocation();
  const host = useRef<HTMLDivElement>(null);
  const { rows, left } = list;
  const keyAt = useCallback((index: number) => rows[index]?.entryId ?? '', [rows]);
  const inSight = useRowsInSight(rows.length, keyAt, host);
  const latest = useRef({ onSelect, actions });
  latest.current = { onSelect, actions };
  const hasErrors = rows.some(
    ({ lastErrorCode, lastErrorMessage }) => lastErrorCode !== null || lastErrorMessage !== null,
  );
  // Stable columns, so that a row renders again only when it changes.
  const columns = useMemo(() => columnsOf(latest, hasErrors), [hasErrors]);
  return (
    <div ref={host}>
      <Table
        label="Entries"
        columns={columns}
        rows={rows}
        keyOf={({ entryId }) => entryId}
        onOpen={({ entryId }) => go(`/queue/${entryId}`)}
        isSelected={({ entryId }) => isIn(selection, entryId)}
        lookOf={({ entryId }) => (left.has(entryId) ? 'text-muted' : '')}
        heads={{
          Selected: { content: <SelectAll {...{ rows, selection, onSelection }} /> },
          'Next attempt': sortOf('Next attempt', 'NEXT_RETRY_AT', view, onChange),
          Enqueued: sortOf('Enqueued', 'CREATED_AT', view, onChange),
        }}
        inSight={inSight}
        empty={empty}
      />
    </div>
  );
}

interface SelectAllProps extends Pick<EntryTableProps, 'selection' | 'onSelection'> {
  readonly rows: readonly Entry[];
}

function SelectAll({ rows, selection, onSelection }: SelectAllProps) {
  const isAny = selection.kind === 'filter' || selection.ids.size > 0;
  const isAll = rows.every(({ entryId }) => isIn(selection, entryId));
  return (
    <input
      type="checkbox"
      aria-label={`Select all ${count(rows.length)} shown`}
      className="block size-4 accent-accent-fill"
      ref={(box) => {
        if (box !== null) box.indeterminate = isAny && !isAll;
      }}
      checked={isAll}
      onChange={() => onSelection(isAll ? NOTHING : allOf(rows.map(({ entryId }) => entryId)))}
    />
  );
}

/** A heading that sorts by its column; a second click reverses the order. */
function sortOf(name: string, field: QueueView['sort'], view: QueueView, onChange: EntryTableProps['onChange']) {
  const isSorted = view.sort === field;
  const isDown = view.direction === 'DESC';
  const Arrow = isDown ? ArrowDown : ArrowUp;
  // At first the newest entries, but the next attempts.
  const first = field === 'CREATED_AT' ? 'DESC' : 'ASC';
  return {
    sort: isSorted ? (isDown ? ('descending' as const) : ('ascending' as const)) : undefined,
    content: (
      <button
        type="button"
        title={`Sort by ${name.toLowerCase()}`}
        onClick={() => onChange({ sort: field, direction: isSorted ? (isDown ? 'ASC' : 'DESC') : first })}
        className="inline-flex items-center gap-1 font-medium hover:text-text"
      >
        {name}
        {isSorted && <Arrow aria-hidden className="size-3.5" />}
      </button>
    ),
  };
}

/** Column widths do not depend on the cells, so that nothing jumps when a row changes. */
const columnsOf = (
  doing: RefObject<Pick<EntryTableProps, 'onSelect' | 'actions'>>,
  hasErrors: boolean,
): readonly Column<Entry>[] => [
  {
    name: 'Selected',
    isNameHidden: true,
    cell: ({ entryId, username }, { isSelected }) => (
      <input
        type="checkbox"
        aria-label={`Select ${username}`}
        className="block size-4 accent-accent-fill"
        checked={isSelected}
        onChange={({ nativeEvent }) =>
          doing.current.onSelect(entryId, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)
        }
      />
    ),
  },
  {
    name: 'Account',
    cell: ({ entryId, username, fullName, family }) => (
      <div
        className={`min-w-0 gap-x-3 md:max-w-36 md:@4xl:grid md:@4xl:w-56 md:@4xl:max-w-none md:@4xl:grid-cols-[8.5rem_minmax(0,1fr)] md:@4xl:items-baseline md:@5xl:w-68 md:@5xl:grid-cols-[9.5rem_minmax(0,1fr)] ${hasErrors ? '' : 'md:@6xl:w-90'}`}
      >
        <Link
          href={`/queue/${entryId}`}
          tabIndex={-1}
          className="block truncate font-medium hover:underline"
          title={username}
        >
          {username}
        </Link>
        {/* Right-to-left names are truncated at their end as well. */}
        <p dir="auto" className="truncate text-left text-sm text-muted" title={fullName}>
          {fullName}
          {family !== null && (
            <span className="md:@4xl:hidden">
              , <bdi>{family.name}</bdi>
            </span>
          )}
        </p>
      </div>
    ),
  },
  {
    name: 'Family',
    isSpare: true,
    isWide: !hasErrors,
    cell: ({ family }) =>
      family === null ? (
        <span className="text-muted">Deleted</span>
      ) : (
        <p dir="auto" className={`truncate text-left ${hasErrors ? 'w-32' : ''}`} title={family.name}>
          {family.name}
        </p>
      ),
  },
  {
    name: 'State',
    cell: ({ status }, { look }) => (
      <div data-lead className="flex items-center gap-1.5 md:min-w-24 md:@5xl:min-w-29">
        <Status of={ENTRY_STATUS[status]} />
        {look !== '' && (
          <span title="It no longer matches the filter">
            <FilterX aria-hidden className="size-3.5" />
            <span className="sr-only">no longer matches the filter</span>
          </span>
        )}
      </div>
    ),
  },
  {
    name: 'Retries',
    cell: ({ retryCount, maxRetries }) =>
      retryCount === 0 ? (
        <span data-none />
      ) : (
        <span className="whitespace-nowrap">{`${retryCount} of ${maxRetries}`}</span>
      ),
  },
  {
    name: 'Next attempt',
    cell: (entry) => (
      <span className="md:inline-block md:min-w-20 md:@5xl:min-w-26">
        <NextAttempt of={entry} />
      </span>
    ),
  },
  ...(hasErrors
    ? [{ name: 'Last error', isWide: true, cell: (entry: Entry) => <LastError of={entry} /> } as const]
    : []),
  {
    name: 'Enqueued',
    cell: ({ createdAt }) => (
      <span className="md:inline-block md:min-w-24">
        <Time at={createdAt} />
      </span>
    ),
  },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: (entry) => <RowMenu entry={entry} actions={doing} />,
  },
];

function NextAttempt({ of: { status, nextRetryAt } }: { readonly of: Entry }) {
  if (status === 'PROCESSING') return <span className="whitespace-nowrap">In progress</span>;
  if (nextRetryAt === null) return <span data-none />;
  const isNear = Date.parse(nextRetryAt) - serverNow() < HOUR_MS;
  return <Time at={nextRetryAt} as={isNear ? 'countdown' : 'relative'} />;
}

function LastError({ of: { lastErrorCode, lastErrorMessage } }: { readonly of: Entry }) {
  if (lastErrorMessage === null && lastErrorCode === null) return <span data-none />;
  return (
    <p className="truncate" title={lastErrorMessage ?? undefined}>
      <span className="font-mono text-xs">{lastErrorCode}</span>{' '}
      <span className="text-sm text-muted md:@max-6xl:hidden">{lastErrorMessage}</span>
    </p>
  );
}

/** The focused row, or the row that contains the focused element. */
export const currentRow = (list: EntryList<Entry> | undefined): Entry | undefined => {
  const key = document.activeElement?.closest<HTMLElement>('tr[data-key]')?.dataset.key;
  return list?.rows.find(({ entryId }) => entryId === key);
};
