/** One's own views, kept in this browser alone. */
import { useSyncExternalStore } from 'react';
import { type NamedView, readViews } from './views.rules.ts';

const KEY = 'family-hub-jobs.queue-views';
const listeners = new Set<() => void>();
let own: readonly NamedView[] = stored();

function stored(): readonly NamedView[] {
  try {
    return readViews(localStorage.getItem(KEY));
  } catch {
    return [];
  }
}

export function keepViews(views: readonly NamedView[]): void {
  own = views;
  try {
    localStorage.setItem(KEY, JSON.stringify(views));
  } catch {
    // A browser that keeps nothing: they hold until the page is left.
  }
  for (const told of listeners) told();
}

export const ownViews = (): readonly NamedView[] => own;

export const useOwnViews = (): readonly NamedView[] =>
  useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => own,
  );
