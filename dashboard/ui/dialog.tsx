/** A dialog on the browser's <dialog>: it traps the focus, closes on Escape, and restores the focus. */

import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { IconButton } from './button.tsx';
import { goToPlace, placeOf } from './focus.ts';
import { Breakable } from './text.tsx';
import { LayerProvider, openLayer } from './tooltip.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly isWide?: boolean;
  /** Only its own buttons close it: Escape or a click outside would lose what it shows. */
  readonly isHeld?: boolean;
  readonly children: ReactNode;
}

const FIRST_STOP = 'form :is(input, select, textarea, button[type=submit]), [data-first-stop]';

/** Open as long as it is rendered. */
export function Dialog({ title, onClose, isWide = false, isHeld = false, children }: DialogProps) {
  const [dialog, setDialog] = useState<HTMLDialogElement | null>(null);
  const [trigger] = useState(triggerOfMenu);
  const id = useId();
  useEffect(() => {
    if (dialog === null) return;
    const from = trigger ?? document.activeElement;
    const before = from instanceof HTMLElement && from !== document.body ? placeOf(from) : undefined;
    dialog.showModal();
    // Not the close button, although it comes first: its tooltip would consume the first Escape.
    (dialog.querySelector<HTMLElement>(FIRST_STOP) ?? dialog.querySelector('h2'))?.focus();
    const leave = openLayer(dialog);
    return () => {
      leave();
      if (before !== undefined) goToPlace(before);
      else document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
    };
  }, [dialog, trigger]);
  // On the second Escape in a row, a browser closes the dialog without letting the page prevent it.
  useEffect(() => {
    if (!isHeld) return;
    const hold = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') event.preventDefault();
    };
    document.addEventListener('keydown', hold);
    return () => document.removeEventListener('keydown', hold);
  }, [isHeld]);
  const close = (): void => {
    if (!isHeld) onClose();
  };
  return (
    <dialog
      ref={setDialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      // Other ways to close it than Escape, for example a phone's back button.
      onClose={(event) => {
        if (isHeld) event.currentTarget.showModal();
        else onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) close();
      }}
      className={`m-auto max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] flex-col overflow-hidden rounded-xl border bg-panel p-0 text-left text-base font-normal whitespace-normal text-text shadow-2xl open:flex ${isWide ? 'max-w-3xl' : 'max-w-lg'}`}
    >
      <LayerProvider value={dialog}>
        {/* The content scrolls inside: a click on the dialog's own scrollbar would count as a click outside. */}
        <div className="grid min-h-0 gap-4 overflow-y-auto overscroll-contain p-5">
          <header className="flex items-start justify-between gap-4">
            <h2 id={id} tabIndex={-1} className="min-w-0 text-lg font-semibold wrap-anywhere outline-none">
              <Breakable text={title} />
            </h2>
            {!isHeld && <IconButton icon={X} label="Close" isSmall onClick={onClose} />}
          </header>
          {children}
        </div>
      </LayerProvider>
    </dialog>
  );
}

/** The trigger of the menu that has the focus: the menu itself is gone by the time its dialog closes. */
function triggerOfMenu(): HTMLElement | null {
  const menu = document.activeElement?.closest('[role=menu]');
  return document.getElementById(menu?.getAttribute('aria-labelledby') ?? '');
}
