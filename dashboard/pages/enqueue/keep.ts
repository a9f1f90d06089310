/** State that survives navigation within the dashboard, but not a reload. */
import { useSyncExternalStore } from 'react';

export interface Kept<State extends object> {
  readonly get: () => State;
  readonly set: (change: Partial<State>) => void;
  readonly use: () => State;
}

export function keep<State extends object>(initial: State): Kept<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  const listen = (told: () => void): (() => void) => {
    listeners.add(told);
    return () => listeners.delete(told);
  };
  return {
    get: () => state,
    set: (change) => {
      state = { ...state, ...change };
      for (const told of listeners) told();
    },
    use: () => useSyncExternalStore(listen, () => state),
  };
}

const guards = new Set<() => boolean>();

/** Makes the browser ask before leaving or reloading the page while `wouldLose` returns true. */
export function guardLeaving(wouldLose: () => boolean): void {
  if (guards.size === 0)
    window.addEventListener('beforeunload', (event) => {
      if ([...guards].some((lost) => lost())) event.preventDefault();
    });
  guards.add(wouldLose);
}
