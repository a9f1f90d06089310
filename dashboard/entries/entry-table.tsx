/** The table of entries: its columns, and the style of selected rows and of rows that no longer match. */

import { type ReactNode, type RefObject, useCallback, useMemo, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { serverNow } from '../graphql/client.ts';
import { type Column, Table } from '../ui/table.tsx';
import { None, Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { useRowsInSight } from '../ui/window-rows.ts';
import { ENTRY_STATUS } from '../ui/words.ts';
import { type EntryList, isIn, type Selection } from './entry-list.rules.ts';
import type { Entry } from './kept-list.ts';
import { type RowActions, RowMenu } from './row-actions.tsx';

interface EntryTableProps {
  readonly list: EntryList<Entry>;
  readonly selection: Selection;
  /** `isRange`: shift was held, so the selection extends up to this entry. */
  readonly onSelect: (entryId: string, isRange: boolean) => void;
  readonly actions: RowActions;
  readonly empty: ReactNode;
}

const HOUR_MS = 3_600_000;

export function EntryTable({ list, selection, onSelect, actions, empty }: EntryTableProps) {
  const [, go] = useLocation();
  const host = useRef<HTMLDivElement>(null);
  const { rows, left } = list;
  const keyAt = useCallback((index: number) => rows[index]?.entryId ?? '', [rows]);
  const inSight = useRowsInSight(rows.length, keyAt, host);
  const latest = useRef({ onSelect, actions });
  latest.current = { onSelect, actions };
  // Stable columns, so that a row renders again only when it changes.
  const columns = useMemo(() => columnsOf(latest), []);
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
        inSight={inSight}
        empty={empty}
      />
    </div>
  );
}

/** Column widths do not depend on the cells, so that nothing jumps when a row changes. */
const columnsOf = (doing: RefObject<Pick<EntryTableProps, 'onSelect' | 'actions'>>): readonly Column<Entry>[] => [
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
      <div className="min-w-0 md:max-w-40 md:@4xl:max-w-56 md:@6xl:max-w-72">
        <Link
          href={`/queue/${entryId}`}
          tabIndex={-1}
          className="block font-medium break-all hover:underline md:truncate"
          title={username}
        >
          {username}
        </Link>
        {/* Right-to-left names are truncated at their end as well. */}
        <p
          dir="auto"
          className="text-sm break-words text-muted md:truncate md:text-left"
          title={family === null ? fullName : `${fullName}, ${family.name}`}
        >
          {fullName}
          {family !== null && (
            <span className="hidden md:@max-6xl:inline">
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
    cell: ({ family }) =>
      family === null ? (
        <span className="text-muted">Deleted</span>
      ) : (
        <p dir="auto" className="truncate md:max-w-28 min-[1440px]:max-w-40 md:text-left" title={family.name}>
          {family.name}
        </p>
      ),
  },
  {
    name: 'State',
    cell: ({ status }, { look }) => (
      <div className="grid min-w-26 justify-items-start max-md:justify-items-end">
        <Status of={ENTRY_STATUS[status]} />
        {look !== '' && <span className="text-xs">left this list</span>}
      </div>
    ),
  },
  {
    name: 'Retries',
    isSpare: true,
    cell: ({ retryCount, maxRetries }) => <span className="whitespace-nowrap">{`${retryCount} of ${maxRetries}`}</span>,
  },
  {
    name: 'Next attempt',
    cell: (entry) => (
      <div className="md:min-w-24">
        <NextAttempt of={entry} />
        {entry.retryCount > 0 && (
          <p className="hidden text-xs text-muted md:@max-6xl:block">
            {entry.retryCount} of {entry.maxRetries} retries
          </p>
        )}
      </div>
    ),
  },
  { name: 'Last error', isWide: true, cell: (entry) => <LastError of={entry} /> },
  {
    name: 'Enqueued',
    cell: ({ createdAt }) => (
      <div className="md:min-w-24">
        <Time at={createdAt} />
      </div>
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
  if (status === 'PROCESSING') return <span className="whitespace-nowrap">Under way</span>;
  if (nextRetryAt === null) return <None />;
  const isNear = Date.parse(nextRetryAt) - serverNow() < HOUR_MS;
  return <Time at={nextRetryAt} as={isNear ? 'countdown' : 'relative'} />;
}

function LastError({ of: { lastErrorCode, lastErrorMessage } }: { readonly of: Entry }) {
  if (lastErrorMessage === null && lastErrorCode === null) return <None />;
  return (
    <div className="min-w-0" title={lastErrorMessage ?? undefined}>
      <p className="truncate font-mono text-xs">{lastErrorCode}</p>
      <p className="truncate text-sm text-muted">{lastErrorMessage}</p>
    </div>
  );
}

/** The focused row, or the row that contains the focused element. */
export const currentRow = (list: EntryList<Entry> | undefined): Entry | undefined => {
  const key = document.activeElement?.closest<HTMLElement>('tr[data-key]')?.dataset.key;
  return list?.rows.find(({ entryId }) => entryId === key);
};
