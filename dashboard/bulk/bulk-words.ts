/** What bulk actions are called, how the address names them, and what each will do. */
import type { EnumOf } from '../graphql/graphql.ts';

export type BulkKind = EnumOf<'BulkActionKind'>;

interface BulkWords {
  /** Its name in the address: /queue?plan=retry. */
  readonly address: string;
  readonly label: string;
  /** As a title. */
  readonly title: string;
  /** "The retry of 20 entries". */
  readonly noun: string;
  /** What its plan's button does: "Retry 20 entries". */
  readonly verb: string;
  readonly explains: string;
  readonly isDangerous: boolean;
  /** "Retried 12 of 20." */
  readonly past: string;
}

export const BULK: Readonly<Record<BulkKind, BulkWords>> = {
  RETRY: {
    address: 'retry',
    label: 'Retry',
    title: 'Retry many entries',
    noun: 'retry',
    verb: 'Retry',
    explains:
      'Each begins a new series of retries and is due at once. The attempts so far stay on record. A retry cannot be undone.',
    isDangerous: false,
    past: 'Retried',
  },
  CANCEL: {
    address: 'cancel',
    label: 'Cancel',
    title: 'Cancel many entries',
    noun: 'cancel',
    verb: 'Cancel',
    explains: 'Their accounts will not be created. Undoing takes them up again, as long as their passwords are there.',
    isDangerous: true,
    past: 'Cancelled',
  },
  SET_RUN_AT: {
    address: 'set-run-at',
    label: 'Run at',
    title: 'Give many entries another time',
    noun: 'change of times',
    verb: 'Give another time to',
    explains:
      'Sets when pending entries are due next. Their retries are not counted anew. Undoing gives each its own time back.',
    isDangerous: false,
    past: 'Given another time',
  },
};

export const BULK_KINDS = Object.keys(BULK) as BulkKind[];

/** The action that an address names; undefined for none or an unknown one. */
export const kindOfAddress = (name: string | null): BulkKind | undefined =>
  BULK_KINDS.find((kind) => BULK[kind].address === name);
