/** Progress of the tour, stored in this browser, so that the viewer can leave it and come back. */
import type { EnumOf } from '../../../graphql/graphql.ts';
import { keptAs, over } from '../../../ui/kept.ts';

export type Fault = EnumOf<'SimulatorFault'>;

interface TourState {
  readonly isDismissed: boolean;
  /** The first demo entry, enqueued before the fault. */
  readonly first: string | undefined;
  /** The fault chosen for the simulator. */
  readonly fault: Exclude<Fault, 'NONE'> | undefined;
  /** The demo entries enqueued during the fault. */
  readonly others: readonly string[];
  readonly isMended: boolean;
}

const NEW: TourState = { isDismissed: false, first: undefined, fault: undefined, others: [], isMended: false };
const kept = keptAs('family-hub-jobs-tour', over(NEW));

export const advanceTour = (change: Partial<TourState>): void => kept.set({ ...kept.get(), ...change });
export const restartTour = (): void => kept.set(NEW);
export const useTourState = kept.use;
