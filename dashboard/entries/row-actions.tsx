/** Actions on one row, from its menu or by shortcut on the focused row. */

import { Ban, Copy, Ellipsis, ExternalLink, RotateCcw } from 'lucide-react';
import { type RefObject, useState } from 'react';
import { useLocation } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { ActionDialog } from '../actions/action-dialog.tsx';
import { IconButton } from '../ui/button.tsx';
import { copyText } from '../ui/copy.tsx';
import { Menu, MenuItem, MenuLine } from '../ui/menu.tsx';
import { toast } from '../ui/toasts.tsx';
import { ENTRY_STATUS } from '../ui/words.ts';
import { cancelEntry, retryEntry } from './entry-actions.ts';
import type { Entry } from './kept-list.ts';

type RowAction = 'retry' | 'cancel';

/** `begin` starts an action on a row; the caller renders `dialog` where it may open. */
export function useRowActions(onDone: (entryId: string) => void) {
  const [asked, setAsked] = useState<{ readonly what: RowAction; readonly entry: Entry }>();
  const mayRetry = usePermission('retryEntry');
  const mayCancel = usePermission('cancelEntry');
  const offBecause = (what: RowAction, entry: Entry): string | undefined => {
    const permission = what === 'retry' ? mayRetry : mayCancel;
    if (!permission.isAllowed) return permission.reason;
    if (what === 'retry' ? entry.canRetry : entry.canCancel) return undefined;
    return `It is ${ENTRY_STATUS[entry.status].text.toLowerCase()}, and cannot be ${what === 'retry' ? 'retried' : 'cancelled'} now.`;
  };
  const begin = (what: RowAction, entry: Entry): void => {
    const because = offBecause(what, entry);
    if (because === undefined) setAsked({ what, entry });
    else toast(`${entry.username}: ${because}`, 'bad');
  };
  const close = (): void => setAsked(undefined);
  const shared = asked && {
    input: { entryId: asked.entry.entryId },
    subject: asked.entry.username,
    onDone: () => onDone(asked.entry.entryId),
    onClose: close,
  };
  return {
    begin,
    offBecause,
    dialog:
      shared === undefined ? null : asked?.what === 'retry' ? (
        <ActionDialog action={retryEntry} {...shared} />
      ) : (
        <ActionDialog action={cancelEntry} {...shared} />
      ),
  };
}
export type RowActions = ReturnType<typeof useRowActions>;

interface RowMenuProps {
  readonly entry: Entry;
  /** Read when the menu opens, so that rows need not render again when it changes. */
  readonly actions: RefObject<{ readonly actions: RowActions }>;
}

export function RowMenu({ entry, actions }: RowMenuProps) {
  return (
    <Menu trigger={<IconButton icon={Ellipsis} label={`Actions for ${entry.username}`} isSmall />}>
      <RowMenuItems entry={entry} actions={actions} />
    </Menu>
  );
}

function RowMenuItems({ entry, actions }: RowMenuProps) {
  const { offBecause, begin } = actions.current.actions;
  const [, go] = useLocation();
  const copy = (text: string): void => {
    void copyText(text).then((isCopied) => isCopied && toast('Copied.'));
  };
  return (
    <>
      <MenuItem icon={ExternalLink} onSelect={() => go(`/queue/${entry.entryId}`)}>
        Open
      </MenuItem>
      <MenuItem icon={RotateCcw} disabledBecause={offBecause('retry', entry)} onSelect={() => begin('retry', entry)}>
        {retryEntry.label}
      </MenuItem>
      <MenuItem
        icon={Ban}
        isDanger
        disabledBecause={offBecause('cancel', entry)}
        onSelect={() => begin('cancel', entry)}
      >
        {cancelEntry.label}
      </MenuItem>
      <MenuLine />
      <MenuItem icon={Copy} onSelect={() => copy(entry.entryId)}>
        Copy the id
      </MenuItem>
      <MenuItem icon={Copy} onSelect={() => copy(entry.username)}>
        Copy the username
      </MenuItem>
    </>
  );
}
