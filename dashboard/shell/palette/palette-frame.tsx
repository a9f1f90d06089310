/** A <dialog> around the palette, near the top, so that it does not move as it grows. */

import { Command } from 'cmdk';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ActionDialog } from '../../actions/action-dialog.tsx';
import { perform } from '../../actions/perform.ts';
import { goToPlace, placeOf } from '../../ui/focus.ts';
import { toast } from '../../ui/toasts.tsx';
import { openLayer } from '../../ui/tooltip.tsx';
import type { Does, Item } from './item.ts';

interface FrameProps {
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function PaletteFrame({ onClose, children }: FrameProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [before] = useState(focusedPlace);
  useEffect(() => {
    if (dialog.current === null) return;
    dialog.current.showModal();
    dialog.current.querySelector('input')?.focus();
    const leave = openLayer(dialog.current);
    return () => {
      leave();
      if (before !== undefined) goToPlace(before);
    };
  }, [before]);
  return (
    <dialog
      ref={dialog}
      aria-label="Find an entry or an action"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      className="mx-auto mt-[max(1rem,10dvh)] max-h-[min(32rem,calc(100dvh-2rem))] w-[calc(100vw-2rem)] max-w-xl flex-col overflow-hidden rounded-xl border bg-panel p-0 text-text shadow-2xl open:flex"
    >
      {children}
    </dialog>
  );
}

function focusedPlace() {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement && activeElement !== document.body ? placeOf(activeElement) : undefined;
}

/* One line of the palette; a disabled one shows the reason. */

interface ItemProps {
  readonly item: Item;
  /** Its group. It makes the value unique: cmdk treats equal values in two groups as one element. */
  readonly within: string;
  readonly onSelect: () => void;
}

/** The value by which cmdk identifies an item. */
export const cmdkValueOf = ({ id }: Item, within: string): string => `${within} ${id}`;

// Not disabled in cmdk: the arrow keys would skip it, and keyboard users would never learn the reason.
export const PaletteItem = ({ item, within, onSelect }: ItemProps) => {
  const { title, detail, note, icon: Icon, disabledBecause } = item;
  return (
    <Command.Item
      value={cmdkValueOf(item, within)}
      onSelect={onSelect}
      className={`flex items-start gap-2.5 rounded-md px-2 py-1.5 data-[selected=true]:bg-accent-soft ${
        disabledBecause === undefined ? 'cursor-pointer' : 'cursor-not-allowed text-muted'
      }`}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
      <span className="min-w-0 flex-1">
        <span className="block break-words">{title}</span>
        {detail !== undefined && <span className="line-clamp-2 text-sm break-words text-muted">{detail}</span>}
        {disabledBecause !== undefined && <span className="block text-xs">{disabledBecause}</span>}
      </span>
      {note !== undefined && <span className="max-w-1/2 truncate text-sm text-muted">{note}</span>}
    </Command.Item>
  );
};

/* Runs the action chosen in the palette: at once, or in the dialog that the action has everywhere. */

interface DoingProps {
  readonly what: Extract<Does, { kind: 'act' }>;
  readonly onClose: () => void;
}

export function Doing({ what: { action, input, subject }, onClose }: DoingProps) {
  const [isAsking, setAsking] = useState(!action.isInstant);
  const isBegun = useRef(false);
  useEffect(() => {
    if (!action.isInstant || isBegun.current) return;
    isBegun.current = true;
    void perform(action, input).then((result) => {
      // A server that requires reasons refuses an instant action without one: then open the dialog, which asks for it.
      if (result.kind === 'refused' && result.refusal.issues?.some(({ path }) => path.at(-1) === 'reason'))
        return setAsking(true);
      if (result.kind === 'done') toast(action.says(result.payload));
      else toast(result.kind === 'broken' ? result.message : result.refusal.message, 'bad');
      onClose();
    });
  }, [action, input, onClose]);
  return isAsking ? <ActionDialog action={action} input={input} subject={subject} onClose={onClose} /> : null;
}
