/** The menu with all actions on a webhook. */
import { CirclePause, CirclePlay, Ellipsis, KeyRound, Pencil, SendHorizontal, Trash2 } from 'lucide-react';
import { useDoing } from '../actions/action-button.tsx';
import {
  deleteWebhook,
  pauseWebhook,
  resumeWebhook,
  rotateWebhookSecret,
  testWebhook,
  updateWebhook,
} from '../actions/event-actions.ts';
import { IconButton } from '../ui/button.tsx';
import { Menu, MenuItem, MenuLine } from '../ui/menu.tsx';
import type { WebhookRow } from './webhook-documents.ts';

interface WebhookMenuProps {
  readonly webhook: Pick<WebhookRow, 'webhookId' | 'url' | 'description' | 'eventTypes' | 'state'>;
  readonly onDone: () => void;
  readonly onDeleted?: () => void;
}

export function WebhookMenu({ webhook, onDone, onDeleted = onDone }: WebhookMenuProps) {
  const { webhookId, url, description, eventTypes, state } = webhook;
  const shared = { input: { webhookId }, subject: url, onDone };
  const change = useDoing({ ...shared, action: updateWebhook, initial: { url, description, eventTypes } });
  const pause = useDoing({ ...shared, action: pauseWebhook });
  const resume = useDoing({ ...shared, action: resumeWebhook });
  const test = useDoing({ ...shared, action: testWebhook });
  const rotate = useDoing({ ...shared, action: rotateWebhookSecret });
  const remove = useDoing({ ...shared, action: deleteWebhook, onDone: onDeleted });
  const canPause = state === 'ACTIVE';
  return (
    <>
      <Menu trigger={<IconButton icon={Ellipsis} label={`What can be done to ${url}`} isSmall />}>
        <MenuItem icon={Pencil} onSelect={change.begin} disabledBecause={change.offBecause}>
          Change
        </MenuItem>
        <MenuItem icon={SendHorizontal} onSelect={test.begin} disabledBecause={test.offBecause}>
          Send a test
        </MenuItem>
        {canPause ? (
          <MenuItem icon={CirclePause} onSelect={pause.begin} disabledBecause={pause.offBecause}>
            Pause
          </MenuItem>
        ) : (
          <MenuItem icon={CirclePlay} onSelect={resume.begin} disabledBecause={resume.offBecause}>
            Resume
          </MenuItem>
        )}
        <MenuItem icon={KeyRound} onSelect={rotate.begin} disabledBecause={rotate.offBecause}>
          New secret
        </MenuItem>
        <MenuLine />
        <MenuItem icon={Trash2} isDanger onSelect={remove.begin} disabledBecause={remove.offBecause}>
          Delete
        </MenuItem>
      </Menu>
      {change.dialog}
      {pause.dialog}
      {resume.dialog}
      {test.dialog}
      {rotate.dialog}
      {remove.dialog}
    </>
  );
}
