/**
 * Where tooltips and menus are put: an open dialog of the browser's own stands above everything, so
 * that what belongs to it must stand inside.
 */
import { createContext, useContext } from 'react';

const Layer = createContext<HTMLElement | null>(null);

export const LayerProvider = Layer.Provider;
/** The dialog that one is in; undefined: the page. */
export const useLayer = (): HTMLElement | undefined => useContext(Layer) ?? undefined;
