/** What the tour says; how it is made is in tour.tsx. */
import { setSimulatorFault } from '../../../actions/provider-actions.ts';
import type { Fault } from './tour-state.ts';

/** At a click: what the dialog would ask for is said by the step. */
export const breakSimulator = { ...setSimulatorFault, isInstant: true };

export const FAULTS: readonly {
  readonly fault: Exclude<Fault, 'NONE'>;
  readonly label: string;
  /** What one then sees, and why. */
  readonly shows: string;
}[] = [
  {
    fault: 'UNAVAILABLE',
    label: 'It answers 503',
    shows:
      'Each attempt fails, and its entry will be retried in a minute. After five failures of different entries the circuit opens: nothing more is sent, so the outage spends nobody’s retries.',
  },
  {
    fault: 'INVALID_TOKEN',
    label: 'Our token is invalid',
    shows:
      'That is no entry’s fault: the first answer opens the circuit, no entry loses a retry, and all of them wait. Now and then one is let through as a probe.',
  },
  {
    fault: 'SLOW',
    label: 'It is slow',
    shows: 'Nothing fails; attempts just take three seconds. Each is bounded in time, and many go on side by side.',
  },
];
