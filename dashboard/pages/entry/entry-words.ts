/** Words for API values of one entry; those used on several pages are in ui/words.ts. */
import type { BulkChange, Entry } from './entry-query.ts';

export const DESTROYED_BECAUSE: Readonly<Record<NonNullable<Entry['passwordDestroyedBecause']>, string>> = {
  COMPLETED: 'the account was made',
  CANCELLED: 'the entry was cancelled and its undo period is over',
  RETENTION: 'the entry had failed and the retention period of its password is over',
  KEY_LOST: 'the master key was lost, so it can no longer be decrypted',
};

type BulkKind = BulkChange['bulkAction']['action'];

export const BULK_ACTION: Readonly<Record<BulkKind, string>> = {
  RETRY: 'Retried in bulk',
  CANCEL: 'Cancelled in bulk',
  SET_RUN_AT: 'Rescheduled in bulk',
};

/** The bulk action as a noun, for sentences about an exclusion or an undo. */
export const BULK_NOUN: Readonly<Record<BulkKind, string>> = {
  RETRY: 'bulk retry',
  CANCEL: 'bulk cancel',
  SET_RUN_AT: 'bulk change of times',
};
