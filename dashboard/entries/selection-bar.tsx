/** The bulk actions for the selected entries; it stays at the bottom of the window, so that no row moves. */

import { Ban, CalendarClock, RotateCcw, X } from 'lucide-react';
import { usePermission } from '../access/viewer.tsx';
import { BULK, BULK_KINDS, type BulkKind } from '../bulk/bulk-documents.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { count, counted } from '../ui/words.ts';
import { IDS_MAX, isIn, NOTHING, type Selection, sizeOf } from './entry-list.rules.ts';

const ICONS = { RETRY: RotateCcw, CANCEL: Ban, SET_RUN_AT: CalendarClock } as const;

interface SelectionBarProps {
  readonly selection: Selection;
  readonly onSelection: (selection: Selection) => void;
  readonly shown: readonly string[];
  readonly hasMore: boolean;
  readonly matching: number | undefined;
  readonly onPlan: (kind: BulkKind) => void;
}

export function SelectionBar({ selection, onSelection, shown, hasMore, matching, onPlan }: SelectionBarProps) {
  const { isAllowed, reason } = usePermission('planBulkAction');
  const size = sizeOf(selection, matching);
  const isAllShown = shown.length > 0 && shown.every((id) => isIn(selection, id));
  const isTooMany = selection.kind === 'some' && selection.ids.size > IDS_MAX;
  const offBecause = isAllowed
    ? isTooMany
      ? `At most ${count(IDS_MAX)} can be selected one by one; select all matching entries instead.`
      : undefined
    : reason;
  const isAny = selection.kind === 'filter' || selection.ids.size > 0;
  const selected =
    selection.kind === 'filter'
      ? `All ${size === undefined ? '' : `${count(size)} `}that match are selected`
      : `${count(selection.ids.size)} selected`;
  return (
    <>
      <p aria-live="polite" className="sr-only">
        {isAny && selected}
      </p>
      {isAny && (
        <div className="sticky bottom-0 z-10 order-last flex flex-wrap items-center gap-x-3 gap-y-2 rounded-b-lg border-t bg-accent-soft px-4 py-2">
          <span aria-hidden className="font-medium">
            {selected}
          </span>
          <IconButton isSmall icon={X} label="Clear the selection" onClick={() => onSelection(NOTHING)} />
          {selection.kind === 'some' && isAllShown && hasMore && (
            <button
              type="button"
              className="font-medium text-accent hover:underline"
              onClick={() => onSelection({ kind: 'filter' })}
            >
              {matching === undefined ? 'Select all matching' : `Select all ${count(matching)} that match`}
            </button>
          )}
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
          </div>
        </div>
      )}
    </>
  );
}
