/** What the API's values about one entry mean to people, beyond what ui/words.ts says of them everywhere. */
import type { BulkAction, Entry } from './entry-query.ts';

export const DESTROYED_BECAUSE: Readonly<Record<NonNullable<Entry['passwordDestroyedBecause']>, string>> = {
  COMPLETED: 'the account was made',
  CANCELLED: 'the entry was cancelled, and the time for undoing has passed',
  RETENTION: 'the entry had failed, and the time for which passwords of failed entries are kept has passed',
  KEY_LOST: 'the master key was lost, so that nobody can open it any more',
};

export const BULK_ACTION: Readonly<Record<BulkAction['action'], string>> = {
  RETRY: 'Retried in bulk',
  CANCEL: 'Cancelled in bulk',
  SET_RUN_AT: 'Given another time',
};
