/** The texts of the tour; its logic is in tour.tsx. */
import { setSimulatorFault } from '../../../actions/provider-actions.ts';
import type { Fault } from './tour-state.ts';

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
