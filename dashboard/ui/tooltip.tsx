/** More about the element under the pointer or with the focus. What users must know is on the page itself. */

import * as Radix from '@radix-ui/react-tooltip';
import { createContext, type ReactNode, useContext, useState, useSyncExternalStore } from 'react';

/*
 * Where tooltips, menus and toasts are rendered: an open <dialog> is above everything and makes the rest of the page
 * inert, so they must be inside it.
 */

const Layer = createContext<HTMLElement | null>(null);

export const LayerProvider = Layer.Provider;
/** The dialog around the component; undefined: the page. */
export const useLayer = (): HTMLElement | undefined => useContext(Layer) ?? undefined;

let open: readonly HTMLElement[] = [];
const listeners = new Set<() => void>();

function become(now: readonly HTMLElement[]): void {
  open = now;
  for (const told of listeners) told();
}

/** Registers an open dialog; returns a function that unregisters it. */
export function openLayer(dialog: HTMLElement): () => void {
  become([...open, dialog]);
  return () => become(open.filter((one) => one !== dialog));
}

const listen = (told: () => void): (() => void) => {
  listeners.add(told);
  return () => listeners.delete(told);
};

/** The open dialog that was opened last; undefined when none is open. */
export const useTopLayer = (): HTMLElement | undefined => useSyncExternalStore(listen, () => open.at(-1));

export const TooltipProvider = ({ children }: { readonly children: ReactNode }) => (
  <Radix.Provider delayDuration={250}>{children}</Radix.Provider>
);

interface TooltipProps {
  readonly text: ReactNode;
  /** For elements without an action of their own: a tap opens the tooltip, and a tap elsewhere closes it. */
  readonly isTapped?: boolean;
  /** One element that takes a ref and handlers. */
  readonly children: ReactNode;
}

export function Tooltip({ text, isTapped = false, children }: TooltipProps) {
  const layer = useLayer();
  const [isOpen, setOpen] = useState(false);
  const isEmpty = text === undefined || text === '';
  // Wraps its element even without a text: wrapping it later would create a new element, and the old one would lose the
  // focus.
  return (
    <Radix.Root open={isOpen && !isEmpty} onOpenChange={setOpen}>
      {/* Radix closes the tooltip on every click, so it is opened after that. */}
      <Radix.Trigger asChild onClick={isTapped ? () => queueMicrotask(() => setOpen(true)) : undefined}>
        {children}
      </Radix.Trigger>
      <Radix.Portal container={layer}>
        <Radix.Content
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-w-xs rounded-md bg-text px-2 py-1 text-xs text-panel shadow-lg"
        >
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
