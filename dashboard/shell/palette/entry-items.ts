/** Entries in the palette, and the commands for one entry. */

import { Ban, CircleUserRound, Copy, FileText, RotateCcw } from 'lucide-react';
import type { Permission } from '../../access/viewer.tsx';
import { cancelEntry, retryEntry } from '../../entries/entry-actions.ts';
import { copyText } from '../../ui/copy.tsx';
import { toast } from '../../ui/toasts.tsx';
import { ENTRY_STATUS } from '../../ui/words.ts';
import type { FoundEntry, Item } from './item.ts';

const wordsOf = (status: FoundEntry['status']): string => ENTRY_STATUS[status].text;

/** The line of an entry in a list of results. */
export const entryItem = (entry: FoundEntry, from: string): Item => ({
  id: `${from} ${entry.entryId}`,
  title: entry.username,
  detail: entry.fullName,
  note: wordsOf(entry.status),
  icon: CircleUserRound,
  does: { kind: 'entry', entry },
});

export function itemsOf(entry: FoundEntry, may: (operation: string) => Permission, isHere: boolean): readonly Item[] {
  const { entryId, username, status, canRetry, canCancel, passwordDestroyedAt } = entry;
  const state = wordsOf(status).toLowerCase();
  const allowed = (operation: string, otherwise: string | undefined): string | undefined => {
    const { isAllowed, reason } = may(operation);
    return isAllowed ? otherwise : reason;
  };
  const copy = (text: string, what: string): void =>
    void copyText(text).then((isCopied) => isCopied && toast(`${what} is in the clipboard.`, 'info'));
  const act = { input: { entryId }, subject: username, kind: 'act' } as const;
  // If the password was destroyed, the dialog asks for a new one.
  const isRetried = canRetry || (passwordDestroyedAt !== null && status !== 'COMPLETED');
  return [
    ...(isHere
      ? []
      : [
          { id: 'entry open', title: 'Open', icon: FileText, does: { kind: 'go', href: `/queue/${entryId}` } } as const,
        ]),
    {
      id: 'entry retry',
      title: isHere ? `Retry ${username} now` : retryEntry.label,
      icon: RotateCcw,
      disabledBecause: allowed('retryEntry', isRetried ? undefined : `It is ${state}.`),
      does: { ...act, action: retryEntry },
    },
    {
      id: 'entry cancel',
      title: isHere ? `Cancel ${username}` : cancelEntry.label,
      icon: Ban,
      disabledBecause: allowed('cancelEntry', canCancel ? undefined : `It is ${state}.`),
      does: { ...act, action: cancelEntry },
    },
    {
      id: 'entry copy',
      title: isHere ? `Copy the id of ${username}` : 'Copy its id',
      icon: Copy,
      does: { kind: 'run', run: () => copy(entryId, 'The entry’s id') },
    },
  ];
}
