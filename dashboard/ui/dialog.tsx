/** A dialog of the browser's own: it keeps the focus, closes on Escape, and gives the focus back. */
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { IconButton } from './button.tsx';
import { LayerProvider } from './layer.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly isWide?: boolean;
  readonly children: ReactNode;
}

const FIRST_STOP = 'form :is(input, select, textarea, button[type=submit]), [data-first-stop]';

/** Open as long as it is rendered. */
export function Dialog({ title, onClose, isWide = false, children }: DialogProps) {
  const [dialog, setDialog] = useState<HTMLDialogElement | null>(null);
  const id = useId();
  useEffect(() => {
    if (dialog === null) return;
    const before = document.activeElement;
    dialog.showModal();
    // Not the button that closes it, which stands first: its tooltip would take the first Escape for itself.
    (dialog.querySelector<HTMLElement>(FIRST_STOP) ?? dialog.querySelector('h2'))?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [dialog]);
  return (
    <dialog
      ref={setDialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      className={`m-auto max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] overflow-y-auto rounded-xl border bg-panel p-0 text-left text-base font-normal whitespace-normal text-text shadow-2xl ${isWide ? 'max-w-3xl' : 'max-w-lg'}`}
    >
      <LayerProvider value={dialog}>
        <div className="grid gap-4 p-5">
          <header className="flex items-start justify-between gap-4">
            <h2 id={id} tabIndex={-1} className="text-lg font-semibold outline-none">
              {title}
            </h2>
            <IconButton icon={X} label="Close" isSmall onClick={onClose} />
          </header>
          {children}
        </div>
      </LayerProvider>
    </dialog>
  );
}
