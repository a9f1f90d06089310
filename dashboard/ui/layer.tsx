/**
 * Where tooltips, menus and toasts are rendered: an open <dialog> is above everything and makes the rest of the page
 * inert, so they must be inside it.
 */
import { createContext, useContext, useSyncExternalStore } from 'react';

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
