/** A <dialog> around the palette, near the top, so that it does not move as it grows. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { goToPlace, placeOf } from '../../ui/focus.ts';
import { openLayer } from '../../ui/layer.tsx';

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
