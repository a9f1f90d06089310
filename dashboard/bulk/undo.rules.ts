/** Why a bulk action cannot be undone now, as a message for the user. Pure. */
import type { EnumOf } from '../graphql/graphql.ts';

interface Undoable {
  readonly action: EnumOf<'BulkActionKind'>;
  readonly status: EnumOf<'BulkActionStatus'>;
  readonly doneCount: number;
  /** As returned by the API. */
  readonly canUndo: boolean;
}

/** Undefined when it can be undone. */
export function whyNoUndo({ action, status, doneCount, canUndo }: Undoable): string | undefined {
  if (canUndo) return undefined;
  if (action === 'RETRY')
    return 'A retry cannot be undone: attempts may have been made. Entries that still wait can be cancelled.';
  switch (status) {
    case 'PLANNED':
      return 'It has not been applied.';
    case 'RUNNING':
      return 'It is still being applied.';
    case 'UNDOING':
      return 'It is being undone.';
    case 'UNDONE':
      return 'It was undone.';
    default:
      if (doneCount === 0) return 'It changed no entry.';
      return action === 'CANCEL'
        ? 'The undo period is over and the passwords are destroyed. Retry the entries with new passwords.'
        : 'No entry is left to undo.';
  }
}
