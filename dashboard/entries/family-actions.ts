/** The actions on the queue that apply to one family: the same mutation, with wording for a family. */

import { pauseQueue } from './queue-actions.ts';

export const pauseFamily: typeof pauseQueue = {
  ...pauseQueue,
  fields: [{ name: 'familyId', label: 'Family', kind: 'family', isRequired: true }, ...pauseQueue.fields],
  label: 'Pause the entries of a family',
  confirmLabel: 'Pause its entries',
  explains:
    'Stops attempts for this family until you resume it or the end time passes. Attempts in progress finish; nothing is lost.',
  says: () => 'The family’s entries are paused.',
};
