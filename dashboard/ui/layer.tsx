/**
 * Where tooltips, menus and messages are put: an open dialog of the browser's own stands above
 * everything and makes the rest inert, so that what is to be reached must stand inside.
 */
import { createContext, useContext, useSyncExternalStore } from 'react';

const Layer = createContext<HTMLElement | null>(null);

export const LayerProvider = Layer.Provider;
/** The dialog that one is in; undefined: the page. */
export const useLayer = (): HTMLElement | undefined => useContext(Layer) ?? undefined;

let open: readonly HTMLElement[] = [];
const listeners = new Set<() => void>();

function become(now: readonly HTMLElement[]): void {
  open = now;
  for (const told of listeners) told();
}

/** Says that a dialog is open; answers what says that it is closed. */
export function openLayer(dialog: HTMLElement): () => void {
  become([...open, dialog]);
  return () => become(open.filter((one) => one !== dialog));
}

const listen = (told: () => void): (() => void) => {
  listeners.add(told);
  return () => listeners.delete(told);
};

/** The dialog that was opened last and is open; undefined: none is. */
export const useTopLayer = (): HTMLElement | undefined => useSyncExternalStore(listen, () => open.at(-1));
