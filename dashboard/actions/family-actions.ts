/** What is done to the queue for one family alone, where a page names it: the same mutation, said of the family. */
import { pauseQueue } from './queue-actions.ts';

export const pauseFamily: typeof pauseQueue = {
  ...pauseQueue,
  label: 'Pause the entries of a family',
  confirmLabel: 'Pause its entries',
  explains:
    'No entry of this family is attempted until they are resumed, or until the instant given. What is being attempted is finished, and nothing is lost.',
  says: () => 'The family’s entries are paused.',
};
