/** The entry list's card: filters, new entries, selection, and "Load 100 more"; its count and its download. */

import { Download } from 'lucide-react';
import type { ReactNode } from 'react';
import { usePermission } from '../access/viewer.tsx';
import type { BulkKind } from '../bulk/bulk-documents.ts';
import { Button, ButtonLink, IconButton } from '../ui/button.tsx';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { Empty, Notice } from '../ui/notice.tsx';
import { count, counted } from '../ui/words.ts';
import type { EntryList, Selection } from './entry-list.rules.ts';
import { EntryTable } from './entry-table.tsx';
import type { Entry } from './kept-list.ts';
import { type EntryFilter, isFiltered, orderOf, type QueueView, unfiltered } from './queue-filter.rules.ts';
import type { RowActions } from './row-actions.tsx';
import { SelectionBar } from './selection-bar.tsx';
import type { ShownList } from './use-entry-list.ts';

/* Downloads all entries that the list's filter matches, not only the loaded ones, in the list's order. */

const FORMATS = [
  ['csv', 'CSV, for spreadsheets'],
  ['jsonl', 'JSON lines, for programs'],
] as const;

function download(format: string, filter: EntryFilter, view: QueueView): void {
  const parameters = { format, filter: JSON.stringify(filter), orderBy: JSON.stringify(orderOf(view)) };
  const link = document.createElement('a');
  link.href = `/queue/export?${new URLSearchParams(parameters)}`;
  // With this attribute a refusal is a failed download, and does not replace the page.
  link.download = '';
  link.click();
}

export const DownloadMenu = ({ filter, view }: { readonly filter: EntryFilter; readonly view: QueueView }) => (
  <Menu trigger={<IconButton icon={Download} label="Download the entries" />}>
    {FORMATS.map(([format, words]) => (
      <MenuItem key={format} onSelect={() => download(format, filter, view)}>
        {words}
      </MenuItem>
    ))}
  </Menu>
);

interface EntryListCardProps {
  readonly view: QueueView;
  readonly shown: ShownList;
  readonly selection: Selection;
  readonly actions: RowActions;
  readonly onSelect: (entryId: string, isRange: boolean) => void;
  readonly onSelection: (selection: Selection) => void;
  readonly onPlan: (kind: BulkKind) => void;
  readonly onChange: (change: Partial<QueueView>) => void;
  /** The filters. */
  readonly children: ReactNode;
}

export function EntryListCard(props: EntryListCardProps) {
  const { view, shown, selection, actions, onSelect, onSelection, onPlan, onChange, children } = props;
  const { list, matching, problem, isOld, isLoading, isLoadingMore, loadMore, reload } = shown;
  return (
    <section aria-labelledby="entries" className="min-w-0 rounded-lg border bg-panel">
      <h2 id="entries" className="sr-only">
        Entries
      </h2>
      {children}
      {/* Takes no height, so that no row moves when it appears. */}
      <div role="status" className="sticky top-13 z-10 flex h-0 justify-center">
        {list !== undefined && !isOld && list.rows.length > 0 && <Fresh list={list} onShow={reload} />}
      </div>
      {problem !== undefined && (
        <div className="px-3 pb-3">
          <Notice
            tone="bad"
            isUrgent
            actions={
              <Button isSmall onClick={reload}>
                Try again
              </Button>
            }
          >
            {problem}
          </Notice>
        </div>
      )}
      {list === undefined ? (
        isLoading && <div aria-hidden className="m-4 h-128 animate-pulse rounded-md bg-raised" />
      ) : (
        // Rows found by the previous filter stay readable but cannot be selected.
        <div inert={isOld} aria-busy={isOld} className={`flex flex-col border-t ${isOld ? 'opacity-60' : ''}`}>
          <SelectionBar
            selection={selection}
            onSelection={onSelection}
            shown={list.rows.map(({ entryId }) => entryId)}
            hasMore={list.hasMore}
            matching={matching}
            onPlan={onPlan}
          />
          <div className="@container">
            <EntryTable
              {...{ list, view, selection, onSelect, onSelection, onChange, actions }}
              empty={<NoEntries view={view} onChange={onChange} />}
            />
          </div>
          {list.hasMore && (
            <div className="flex justify-center border-t p-3">
              <Button isBusy={isLoadingMore} onClick={loadMore}>
                Load 100 more
              </Button>
            </div>
          )}
        </div>
      )}
    </section>
  );
}

/** How many entries the filter matches. */
export function Counted({ of: { list, matching, isOld, isLoading } }: { readonly of: ShownList }) {
  if (list === undefined || isOld) return isLoading && 'Loading …';
  const all = list.hasMore ? matching : Math.max(matching ?? 0, list.rows.length);
  const shown = list.rows.length - list.left.size;
  if (all === undefined) return `The first ${count(shown)}; counting the rest`;
  // Rows that no longer match stay visible but are not part of the list.
  const found = all - list.left.size;
  return shown < found
    ? `${count(shown)} of ${counted(found, 'entry', 'entries')}`
    : counted(found, 'entry', 'entries');
}

function Fresh({ list, onShow }: { readonly list: EntryList<Entry>; readonly onShow: () => void }) {
  if (list.fresh.size === 0 && !list.isMoreFresh) return null;
  const text =
    list.fresh.size === 0
      ? 'There may be new entries: show'
      : `${count(list.fresh.size)}${list.isMoreFresh ? ' or more' : ''} new: show`;
  return (
    <button
      type="button"
      onClick={() => {
        window.scrollTo({ top: 0 });
        onShow();
      }}
      className="inline-flex h-7 items-center rounded-full border border-info bg-info-soft px-3 font-medium whitespace-nowrap text-info shadow-lg hover:underline"
    >
      {text}
    </button>
  );
}

function NoEntries({ view, onChange }: Pick<EntryListCardProps, 'view' | 'onChange'>) {
  const mayEnqueue = usePermission('enqueueAccount');
  return isFiltered(view) ? (
    <Empty
      title="No entry matches these filters."
      actions={<Button onClick={() => onChange(unfiltered(view))}>Clear the filters</Button>}
    >
      It was never enqueued, or was deleted after its retention period; the account itself stays. Full names are not
      searched: filter by family. New matches appear here.
    </Empty>
  ) : (
    <Empty
      title="The queue is empty."
      actions={
        <ButtonLink href="/enqueue" kind="primary" disabledBecause={mayEnqueue.reason}>
          Enqueue an account
        </ButtonLink>
      }
    >
      Each managed account to create is an entry here. It is attempted at once and retried when the identity provider
      fails, until the account exists.
    </Empty>
  );
}
