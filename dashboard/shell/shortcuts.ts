/** Keyboard shortcuts that work on the whole page, and their list for the help sheet. */

import { useEffect, useRef, useSyncExternalStore } from 'react';
import { preferred } from '../ui/preferences.ts';

export interface Shortcut {
  /** One key, "mod+k", "shift+x" (letters only), or two keys in sequence: "g q". */
  readonly keys: string;
  readonly does: string;
  /** Where it works: "Everywhere", "Queue". */
  readonly place: string;
}

interface Registered extends Shortcut {
  readonly run: () => void;
}

let registered: readonly Registered[] = [];
const listeners = new Set<() => void>();
let prefix = '';
let prefixAt = 0;
const PREFIX_MS = 1_200;

function become(now: readonly Registered[]): void {
  registered = now;
  for (const told of listeners) told();
}

/**
 * Registers a shortcut while the component is shown. Without Ctrl or Cmd, it is ignored while the user types, is in a
 * menu or list, or has a dialog open.
 */
export function useShortcut({ keys, does, place }: Shortcut, run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const mine: Registered = { keys, does, place, run: () => latest.current() };
    become([...registered, mine]);
    return () => become(registered.filter((one) => one !== mine));
  }, [keys, does, place]);
}

export const useShortcuts = (): readonly Shortcut[] =>
  useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => registered,
  );

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** In a menu or a list, a letter jumps to the item that begins with it. */
const isChoosing = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('[role=menu], [role=listbox]') !== null;

function onKey(event: KeyboardEvent): void {
  const isMod = event.ctrlKey || event.metaKey;
  if (event.altKey || event.defaultPrevented) return;
  if (!isMod && preferred().keys === 'off') return;
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // Whether other characters need Shift depends on the keyboard layout.
  const key = event.shiftKey && !isMod && /^[a-z]$/.test(letter) ? `shift+${letter}` : letter;
  if (
    !isMod &&
    (isWriting(event.target) || isChoosing(event.target) || document.querySelector('dialog[open]') !== null)
  )
    return;
  const now = performance.now();
  const pressed = isMod ? `mod+${key}` : prefix !== '' && now - prefixAt < PREFIX_MS ? `${prefix} ${key}` : key;
  const found = registered.findLast(({ keys }) => keys === pressed);
  const isPrefix = !isMod && found === undefined && registered.some(({ keys }) => keys.startsWith(`${key} `));
  prefix = isPrefix ? key : '';
  prefixAt = now;
  if (found === undefined) return;
  event.preventDefault();
  found.run();
}

/**
 * Listens for keys while the component is shown, except while a palette, sheet or dialog covers the page or is loading.
 */
export function useKeyboard(isCovered: boolean): void {
  useEffect(() => {
    if (isCovered) return;
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [isCovered]);
}
