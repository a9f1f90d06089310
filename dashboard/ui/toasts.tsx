/** Short messages about what was just done; announced by screen readers, and removed automatically. */

import * as Radix from '@radix-ui/react-toast';
import { X } from 'lucide-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';
import { useTopLayer } from './tooltip.tsx';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'info';
  /** A button in the message. */
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function become(now: readonly Toast[]): void {
  toasts = now;
  for (const told of listeners) told();
}

/** Shows a message; at most three are shown at a time. */
export function toast(text: string, tone: Toast['tone'] = 'good', action?: Toast['action']): void {
  become([...toasts.slice(-2), { id: next, text, tone, action }]);
  next += 1;
}

const LOOKS = { good: 'border-good', bad: 'border-bad', info: 'border-info' } as const;

export function Toasts() {
  const shown = useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => toasts,
  );
  const [place] = useState(placeOfToasts);
  const layer = useTopLayer();
  const newest = shown.at(-1)?.id;
  // Above dialogs and inside the open one, since nothing outside of it can be reached: the last element that enters the
  // browser's top layer is the topmost. The element is moved, not rendered again, so that nothing in it restarts.
  useEffect(() => {
    // A dialog that has just been closed is still registered as open for a moment.
    const home = layer?.isConnected === true ? layer : document.body;
    if (place.parentElement !== home) home.append(place);
    if (newest === undefined && layer === undefined) return;
    if (place.matches(':popover-open')) place.hidePopover();
    place.showPopover();
  }, [place, layer, newest]);
  return (
    <Radix.Provider swipeDirection="right" label="Message">
      {shown.map(({ id, text, tone, action }) => (
        <Radix.Root
          key={id}
          duration={tone === 'bad' ? 12_000 : 6_000}
          onOpenChange={(isOpen) => {
            if (!isOpen) become(toasts.filter((one) => one.id !== id));
          }}
          className={`flex items-center gap-3 rounded-lg border border-l-4 bg-panel px-3 py-2 shadow-xl ${LOOKS[tone]}`}
        >
          <Radix.Description className="min-w-0 flex-1">{text}</Radix.Description>
          {action !== undefined && (
            <Radix.Action
              altText={action.label}
              onClick={action.run}
              className="rounded px-2 py-1 font-medium text-accent hover:bg-raised"
            >
              {action.label}
            </Radix.Action>
          )}
          <Radix.Close aria-label="Dismiss" className="rounded p-1 text-muted hover:bg-raised">
            <X className="size-4" />
          </Radix.Close>
        </Radix.Root>
      ))}
      {createPortal(
        <>
          <Radix.Viewport className="grid gap-2 outline-none" />
          {/* Radix announces toasts at the end of the page, which screen readers skip during a dialog. */}
          <p role="status" className="sr-only">
            {layer !== undefined && shown.at(-1)?.text}
          </p>
        </>,
        place,
      )}
    </Radix.Provider>
  );
}

function placeOfToasts(): HTMLDivElement {
  const place = document.createElement('div');
  place.popover = 'manual';
  place.className =
    'inset-auto right-4 bottom-4 m-0 w-96 max-w-[calc(100vw-2rem)] overflow-visible border-0 bg-transparent p-0 text-left text-base font-normal whitespace-normal text-text';
  return place;
}
