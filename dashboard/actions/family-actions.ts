/** What is done to the queue for one family alone, where a page names it: the same mutation, said of the family. */
import { pauseQueue } from './queue-actions.ts';

export const pauseFamily: typeof pauseQueue = {
  ...pauseQueue,
  label: 'Pause the entries of a family',
  confirmLabel: 'Pause its entries',
  explains:
    'Stops attempts for this family until you resume it or the end time passes. Attempts in progress finish; nothing is lost.',
  says: () => 'The family’s entries are paused.',
};
