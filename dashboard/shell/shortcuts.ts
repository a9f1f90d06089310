/** Keys that do something wherever one is, and the list of them for the help sheet. */
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { preferred } from '../ui/preferences.ts';

export interface Shortcut {
  /** One key, "mod+k", "shift+x" (letters only), or two after one another: "g q". */
  readonly keys: string;
  readonly does: string;
  /** Where it holds: "Everywhere", "Queue". */
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

/** Holds as long as the component is shown. Not while somebody writes or chooses, nor while a dialog is open. */
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

/** In a menu or a list letters go to what begins with them. */
const isChoosing = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('[role=menu], [role=listbox]') !== null;

function onKey(event: KeyboardEvent): void {
  const isMod = event.ctrlKey || event.metaKey;
  if (event.altKey || event.defaultPrevented) return;
  if (!isMod && preferred().keys === 'off') return;
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // Other characters need shift on some keyboards and not on others.
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

/** Listens as long as the component is shown, but not while something stands before the page or is about to. */
export function useKeyboard(isCovered: boolean): void {
  useEffect(() => {
    if (isCovered) return;
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [isCovered]);
}
