/** The queue page: all entries, filtered, sorted, updated live, selected, and changed in bulk. */

import { Plus, RefreshCw } from 'lucide-react';
import { useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { BULK, type BulkKind, kindOfAddress } from '../bulk/bulk-documents.ts';
import { PlanDialog } from '../bulk/plan-dialog.tsx';
import type { PlanTarget } from '../bulk/use-plan.tsx';
import { useShortcut } from '../shell/shortcuts.ts';
import { Button, ButtonLink, IconButton } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { goToRows } from '../ui/table.tsx';
import { NOTHING, type Selection, sizeOf, toggled, upTo } from './entry-list.rules.ts';
import { Counted, DownloadMenu, EntryListCard } from './entry-list-card.tsx';
import { currentRow } from './entry-table.tsx';
import { FilterBar } from './filter-bar.tsx';
import type { Entry } from './kept-list.ts';
import { QueueControl, QueueHolds, useControl } from './queue-control.tsx';
import { notUnderstood, type QueueView, readView, writeView } from './queue-filter.rules.ts';

import { useRowActions } from './row-actions.tsx';
import { SavedViews } from './saved-views.tsx';
import { useEntryList } from './use-entry-list.ts';

const PLACE = 'Queue';

export default function QueuePage() {
  const [params] = useSearchParams();
  const strange = notUnderstood(params);
  return strange.length === 0 ? <Entries /> : <NotUnderstood of={strange} />;
}

/**
 * Shown instead of the list when the address has unknown filters: ignoring them could list, and change, too
 * many entries.
 */
function NotUnderstood({ of: strange }: { readonly of: readonly string[] }) {
  const [params, setParams] = useSearchParams();
  const rest = (): void => setParams(writeView(readView(params)), { replace: true });
  return (
    <Page title="Queue">
      <Notice
        tone="warn"
        isUrgent
        actions={
          <Button isSmall onClick={rest}>
            Remove it
          </Button>
        }
      >
        No entries are shown: the address has unknown filters ({strange.join(', ')}). Without them the list may show
        more than intended.
      </Notice>
    </Page>
  );
}

function Entries() {
  const [params, setParams] = useSearchParams();
  const view = readView(params);
  const address = writeView(view).toString();
  const shown = useEntryList(address);
  const control = useControl();
  const [selected, setSelected] = useState<{ readonly address: string; readonly selection: Selection }>();
  const selection = selected?.address === address ? selected.selection : NOTHING;
  const [ownPlan, setOwnPlan] = useState<{
    readonly kind: BulkKind;
    readonly target: PlanTarget;
    readonly size?: number;
  }>();
  const [isSaving, setSaving] = useState(false);
  const filters = useRef<HTMLDivElement>(null);
  const rows = useRef<HTMLDivElement>(null);
  const mayEnqueue = usePermission('enqueueAccount');
  const actions = useRowActions((entryId) => shown.askAgain([entryId]));

  const change = (by: Partial<QueueView>): void =>
    setParams((before) => writeView({ ...readView(before), ...by }), { replace: true });
  const select = (next: Selection): void => setSelected({ address, selection: next });
  const ids = shown.list?.rows.map(({ entryId }) => entryId) ?? [];
  const onSelect = (entryId: string, isRange: boolean): void =>
    select(isRange ? upTo(selection, entryId, ids) : toggled(selection, entryId, ids));
  const withRow = (act: (entry: Entry) => void) => (): void => {
    const row = currentRow(shown.list);
    if (row === undefined) goToRows(rows.current);
    else act(row);
  };

  useShortcut({ keys: 'f', does: 'To the filters', place: PLACE }, () =>
    filters.current?.querySelector('input')?.focus(),
  );
  useShortcut({ keys: 's', does: 'Save the view', place: PLACE }, () => setSaving(true));
  useShortcut(
    { keys: 'x', does: 'Select the row', place: PLACE },
    withRow(({ entryId }) => onSelect(entryId, false)),
  );
  useShortcut(
    { keys: 'shift+x', does: 'Select up to the row', place: PLACE },
    withRow(({ entryId }) => onSelect(entryId, true)),
  );
  useShortcut(
    { keys: 'r', does: 'Retry the row', place: PLACE },
    withRow((entry) => actions.begin('retry', entry)),
  );
  useShortcut(
    { keys: 'c', does: 'Cancel the row', place: PLACE },
    withRow((entry) => actions.begin('cancel', entry)),
  );

  // A link (from the failures page, for example) can open a plan for all entries that match its filter.
  const linked = kindOfAddress(params.get('plan'));
  const plan =
    ownPlan ??
    (linked === undefined ? undefined : { kind: linked, target: { filter: shown.filter }, size: shown.matching });
  const closePlan = (isApplied: boolean): void => {
    if (isApplied) select(NOTHING);
    if (ownPlan === undefined) setParams(writeView(view), { replace: true });
    setOwnPlan(undefined);
  };
  const onPlan = (kind: BulkKind): void => {
    if (selection.kind === 'some')
      setOwnPlan({ kind, target: { entryIds: [...selection.ids] }, size: sizeOf(selection, undefined) });
    else {
      const next = writeView(view);
      next.set('plan', BULK[kind].address);
      setParams(next);
    }
  };

  return (
    <Page
      title="Queue"
      badge={
        <span className="text-muted">
          <Counted of={shown} />
        </span>
      }
      actions={
        <>
          <QueueControl of={control} />
          <ButtonLink href="/enqueue" icon={Plus} kind="primary" disabledBecause={mayEnqueue.reason}>
            Enqueue
          </ButtonLink>
        </>
      }
    >
      <QueueHolds of={control} family={view.family} />
      <div ref={rows} className="min-w-0">
        <EntryListCard
          {...{ view, shown, selection, actions, onSelect, onPlan }}
          onSelection={select}
          onChange={change}
        >
          <FilterBar view={view} onChange={change} first={filters}>
            <SavedViews view={view} isSaving={isSaving} onSave={setSaving} />
            <div className="flex sm:ml-auto">
              <DownloadMenu filter={shown.filter} view={view} />
              <IconButton icon={RefreshCw} label="Reload the list" isBusy={shown.isLoading} onClick={shown.reload} />
            </div>
          </FilterBar>
        </EntryListCard>
      </div>
      {actions.dialog}
      {plan !== undefined && <PlanDialog {...plan} size={plan.size} onClose={closePlan} />}
    </Page>
  );
}
