/** How far the tour is, kept in this browser, so that one can leave it to look at something and come back. */
import type { EnumOf } from '../../../graphql/graphql.ts';
import { keptAs, over } from '../../../ui/kept.ts';

export type Fault = EnumOf<'SimulatorFault'>;

interface TourState {
  readonly isDismissed: boolean;
  /** The first demo entry, while all was well. */
  readonly first: string | undefined;
  /** How the provider was broken. */
  readonly fault: Exclude<Fault, 'NONE'> | undefined;
  /** The demo entries that were enqueued while it was broken. */
  readonly others: readonly string[];
  readonly isMended: boolean;
}

const NEW: TourState = { isDismissed: false, first: undefined, fault: undefined, others: [], isMended: false };
const kept = keptAs('family-hub-jobs-tour', over(NEW));

export const advanceTour = (change: Partial<TourState>): void => kept.set({ ...kept.get(), ...change });
export const restartTour = (): void => kept.set(NEW);
export const useTourState = kept.use;
