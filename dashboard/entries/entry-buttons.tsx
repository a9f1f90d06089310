/** Actions on the entry: as buttons, by shortcut, and as commands to copy. */

import { Ban, Clock, Copy, Ellipsis, Link as LinkIcon, RotateCcw, Terminal } from 'lucide-react';
import { useState } from 'react';
import { usePermission, useViewer } from '../access/viewer.tsx';
import { useDoing } from '../actions/action-button.tsx';
import { asCurl, asGraphql } from '../actions/perform.ts';
import { useShortcut } from '../shell/shortcuts.ts';
import { Button } from '../ui/button.tsx';
import { copyText } from '../ui/copy.tsx';
import { Menu, MenuItem, MenuLine } from '../ui/menu.tsx';
import { toast } from '../ui/toasts.tsx';
import { cancelEntry, retryEntry } from './entry-actions.ts';
import { type Entry, EntryForScripts } from './entry-query.ts';
import { planBulkAction } from './queue-actions.ts';
import { RunAtDialog } from './run-at-dialog.tsx';

interface EntryButtonsProps {
  readonly entry: Entry;
  readonly onDone: () => void;
}

const copy = (text: string, what: string): void =>
  void copyText(text).then((isCopied) => isCopied && toast(`${what} is in the clipboard.`, 'info'));

export function EntryButtons({ entry, onDone }: EntryButtonsProps) {
  const { entryId, username, status } = entry;
  const [isPlanning, setPlanning] = useState(false);
  const viewer = useViewer();
  const mayPlan = usePermission(planBulkAction.mutation);
  const input = { entryId };
  const retry = useDoing({ action: retryEntry, input, subject: username, onDone, disabledBecause: noRetry(entry) });
  const cancel = useDoing({ action: cancelEntry, input, subject: username, onDone, disabledBecause: noCancel(entry) });
  const noRunAt = !mayPlan.isAllowed
    ? mayPlan.reason
    : status === 'PENDING'
      ? undefined
      : status === 'PROCESSING'
        ? 'It is being attempted right now.'
        : 'Only a pending entry has a due time. Retry it first.';
  const link = (): void => copy(window.location.href, 'The link');
  const doOrSay = (offBecause: string | undefined, run: () => void) => (): void =>
    offBecause === undefined ? run() : toast(offBecause, 'info');

  useShortcut({ keys: 'r', does: 'Retry it', place: 'Entry' }, doOrSay(retry.offBecause, retry.begin));
  useShortcut({ keys: 'c', does: 'Cancel it', place: 'Entry' }, doOrSay(cancel.offBecause, cancel.begin));
  useShortcut({ keys: 'y', does: 'Copy its link', place: 'Entry' }, link);

  return (
    <>
      <Button icon={RotateCcw} isBusy={retry.isBusy} disabledBecause={retry.offBecause} onClick={retry.begin}>
        Retry
      </Button>
      <Button icon={Ban} isBusy={cancel.isBusy} disabledBecause={cancel.offBecause} onClick={cancel.begin}>
        Cancel
      </Button>
      <Menu
        trigger={
          <Button icon={Ellipsis} aria-label="More" className="px-2!">
            {null}
          </Button>
        }
      >
        <MenuItem icon={Clock} disabledBecause={noRunAt} onSelect={() => setPlanning(true)}>
          Run at …
        </MenuItem>
        <MenuLine />
        <MenuItem icon={LinkIcon} onSelect={link}>
          Copy link
        </MenuItem>
        <MenuItem icon={Copy} onSelect={() => copy(entryId, 'The entry’s id')}>
          Copy id
        </MenuItem>
        <MenuLine />
        <MenuItem icon={Terminal} onSelect={() => copy(asCurl(EntryForScripts, { entryId }, viewer), 'The query')}>
          Copy the query as curl
        </MenuItem>
        <MenuItem icon={Terminal} onSelect={() => copy(asGraphql(EntryForScripts, { entryId }), 'The query')}>
          Copy the query as GraphQL
        </MenuItem>
        <MenuItem icon={Terminal} onSelect={() => copy(asCurl(retryEntry.document, { input }, viewer), 'The retry')}>
          Copy the retry as curl
        </MenuItem>
        <MenuItem icon={Terminal} onSelect={() => copy(asGraphql(retryEntry.document, { input }), 'The retry')}>
          Copy the retry as GraphQL
        </MenuItem>
      </Menu>
      {retry.dialog}
      {cancel.dialog}
      {isPlanning && <RunAtDialog entry={entry} onDone={onDone} onClose={() => setPlanning(false)} />}
    </>
  );
}

/** Does not rely on `canRetry` alone: it is also false where a new password would help, and the dialog asks for one. */
function noRetry({ canRetry, status, family, passwordDestroyedAt }: Entry): string | undefined {
  if (status === 'COMPLETED') return 'Its account exists: nothing to retry.';
  if (status === 'PROCESSING') return 'It is being attempted right now. Wait for the outcome.';
  if (family === null) return 'Its family was deleted. Enqueue the account for another family.';
  return canRetry || passwordDestroyedAt !== null ? undefined : 'The server would refuse a retry now.';
}

function noCancel({ canCancel, status }: Entry): string | undefined {
  if (canCancel) return undefined;
  if (status === 'COMPLETED') return 'Its account exists. Remove it at the identity provider instead.';
  if (status === 'PROCESSING') return 'It is being attempted right now. Wait for the outcome.';
  return 'It is already cancelled.';
}
