/** The number of selected entries, "select all", and the bulk actions. */

import { Ban, CalendarClock, RotateCcw, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { BULK, BULK_KINDS, type BulkKind } from '../bulk/bulk-documents.ts';
import { Button } from '../ui/button.tsx';
import { count, counted } from '../ui/words.ts';
import { allOf, IDS_MAX, isIn, NOTHING, type Selection, sizeOf } from './entry-list.rules.ts';

const ICONS = { RETRY: RotateCcw, CANCEL: Ban, SET_RUN_AT: CalendarClock } as const;

interface SelectionBarProps {
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
  readonly shown: readonly string[];
  readonly hasMore: boolean;
  readonly matching: number | undefined;
  readonly onPlan: (kind: BulkKind) => void;
  /** Further content that stays visible above the rows. */
  readonly children: ReactNode;
}

export function SelectionBar({ selection, onSelect, shown, hasMore, matching, onPlan, children }: SelectionBarProps) {
  const { isAllowed, reason } = usePermission('planBulkAction');
  const size = sizeOf(selection, matching);
  const isAny = selection.kind === 'filter' || selection.ids.size > 0;
  const isAllShown = shown.length > 0 && shown.every((id) => isIn(selection, id));
  const isTooMany = selection.kind === 'some' && selection.ids.size > IDS_MAX;
  const offBecause = isAllowed
    ? isTooMany
      ? `At most ${count(IDS_MAX)} can be selected one by one; select all matching entries instead.`
      : undefined
    : reason;
  return (
    <div
      className={`flex min-h-11 flex-wrap items-center gap-x-3 gap-y-2 border-y px-4 py-1.5 sticky top-12 z-10 ${isAny ? 'bg-accent-soft' : 'bg-panel'}`}
    >
      <label className="inline-flex items-center gap-2">
        <input
          type="checkbox"
          className="size-4 accent-accent-fill"
          ref={(box) => {
            if (box !== null) box.indeterminate = isAny && !isAllShown;
          }}
          checked={isAllShown}
          onChange={() => onSelect(isAllShown ? NOTHING : allOf(shown))}
        />
        <span aria-live="polite">
          {isAny
            ? selection.kind === 'filter'
              ? `All ${size === undefined ? '' : `${count(size)} `}that match are selected`
              : `${count(selection.ids.size)} selected`
            : `Select all ${count(shown.length)} shown`}
        </span>
      </label>
      {selection.kind === 'some' && isAllShown && hasMore && (
        <button
          type="button"
          className="font-medium text-accent hover:underline"
          onClick={() => onSelect({ kind: 'filter' })}
        >
          {matching === undefined ? 'Select all matching' : `Select all ${count(matching)} that match`}
        </button>
      )}
      {children}
      {isAny && (
        <div className="flex flex-wrap items-center gap-2 md:ml-auto">
          {BULK_KINDS.map((kind) => (
            <Button
              key={kind}
              isSmall
              icon={ICONS[kind]}
              disabledBecause={offBecause}
              aria-label={`${BULK[kind].label} …: plan it for ${size === undefined ? 'the selection' : counted(size, 'entry', 'entries')}`}
              onClick={() => onPlan(kind)}
            >
              {BULK[kind].label} …
            </Button>
          ))}
          <Button kind="ghost" isSmall icon={X} onClick={() => onSelect(NOTHING)}>
            Clear
          </Button>
        </div>
      )}
    </div>
  );
}
