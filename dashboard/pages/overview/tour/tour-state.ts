/** How far the tour is, kept in this browser, so that one can leave it to look at something and come back. */
import { useSyncExternalStore } from 'react';
import type { EnumOf } from '../../../graphql/graphql.ts';

export type Fault = EnumOf<'SimulatorFault'>;

export interface TourState {
  readonly isDismissed: boolean;
  /** The first demo entry, while all was well. */
  readonly first: string | undefined;
  /** How the provider was broken. */
  readonly fault: Exclude<Fault, 'NONE'> | undefined;
  /** The demo entries that were enqueued while it was broken. */
  readonly others: readonly string[];
  readonly isMended: boolean;
}

const KEY = 'family-hub-jobs-tour';
const NEW: TourState = { isDismissed: false, first: undefined, fault: undefined, others: [], isMended: false };
const listeners = new Set<() => void>();
let state = read();

function read(): TourState {
  try {
    return { ...NEW, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<TourState>) };
  } catch {
    return NEW;
  }
}

export function advanceTour(change: Partial<TourState>): void {
  state = { ...state, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    // A browser that keeps nothing: it begins anew at the next visit.
  }
  for (const told of listeners) told();
}

export const restartTour = (): void => advanceTour(NEW);

export const useTourState = (): TourState =>
  useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => state,
  );
