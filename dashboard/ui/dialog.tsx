/** A dialog of the browser's own: it keeps the focus, closes on Escape, and gives the focus back. */
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { Breakable } from './breakable.tsx';
import { IconButton } from './button.tsx';
import { goToPlace, placeOf } from './focus.ts';
import { LayerProvider, openLayer } from './layer.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly isWide?: boolean;
  /** Only what it contains closes it: neither Escape nor a click beside it, which would lose what is in it. */
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
    // Not the button that closes it, which stands first: its tooltip would take the first Escape for itself.
    (dialog.querySelector<HTMLElement>(FIRST_STOP) ?? dialog.querySelector('h2'))?.focus();
    const leave = openLayer(dialog);
    return () => {
      leave();
      if (before !== undefined) goToPlace(before);
      else document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
    };
  }, [dialog, trigger]);
  // A browser takes the second Escape in a row for itself, and closes it without asking.
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
      // Other ways back than Escape, as a phone has them.
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
        {/* It scrolls inside: a click on a scrollbar of the dialog itself would be one beside it. */}
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

/** The button of the menu that one is in: the menu itself is gone by the time its dialog closes. */
function triggerOfMenu(): HTMLElement | null {
  const menu = document.activeElement?.closest('[role=menu]');
  return document.getElementById(menu?.getAttribute('aria-labelledby') ?? '');
}
