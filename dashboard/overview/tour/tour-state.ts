/** Progress of the tour, stored in this browser, so that the viewer can leave it and come back. */

import type { EnumOf } from '../../graphql/graphql.ts';
import { setSimulatorFault } from '../../provider/provider-actions.ts';
import { keptAs, over } from '../../ui/preferences.ts';

type Fault = EnumOf<'SimulatorFault'>;

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

/* The texts of the tour; its logic is in tour.tsx. */

/** Runs at a click, without a dialog: the step explains the action. */
export const breakSimulator = { ...setSimulatorFault, isInstant: true };

export const FAULTS: readonly {
  readonly fault: Exclude<Fault, 'NONE'>;
  readonly label: string;
  /** What the viewer will see, and why. */
  readonly shows: string;
}[] = [
  {
    fault: 'UNAVAILABLE',
    label: 'It answers 503',
    shows:
      'Each attempt fails and is retried in a minute. After five failures of different entries the circuit opens: no more calls, so the outage costs no retries.',
  },
  {
    fault: 'INVALID_TOKEN',
    label: 'Our token is invalid',
    shows:
      'That is no entry’s fault: the first answer opens the circuit and no entry loses a retry. From time to time one entry is sent as a probe.',
  },
  {
    fault: 'SLOW',
    label: 'Slow',
    shows: 'Nothing fails; attempts take three seconds. Many run at the same time.',
  },
];
