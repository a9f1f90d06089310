/** The menu with all actions on a webhook. */

import { CirclePause, CirclePlay, Ellipsis, KeyRound, Pencil, SendHorizontal, Trash2 } from 'lucide-react';
import { Fragment } from 'react';
import { useDoing } from '../actions/action-button.tsx';
import {
  deleteWebhook,
  pauseWebhook,
  redeliverWebhook,
  resumeWebhook,
  rotateWebhookSecret,
  testWebhook,
  updateWebhook,
} from '../events/event-actions.ts';
import { IconButton } from '../ui/button.tsx';
import { Code } from '../ui/copy.tsx';
import { Menu, MenuItem, MenuLine } from '../ui/menu.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
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

/* Redelivery for webhooks: one mutation takes a single delivery or a time range, and each case has its own wording. */

/** For a delivery that is waiting. */
export const sendNow: typeof redeliverWebhook = {
  ...redeliverWebhook,
  label: 'Send now',
  explains: 'Makes the next attempt now and resets its retries. The receiver recognises the event by its id.',
};

export const sendSpanAgain: typeof redeliverWebhook = {
  ...redeliverWebhook,
  label: 'Redeliver a range',
  explains:
    'Sends everything that failed in the range again, except tests. The receiver recognises each event by its id.',
  says: (payload) =>
    payload.redeliveredCount === 0
      ? 'Nothing to send again in this range. Tests are not sent again.'
      : redeliverWebhook.says(payload),
};

/* The event types of a webhook: the first few by name, the others in a tooltip. */

interface EventTypesProps {
  /** Null: all. */
  readonly types: readonly string[] | null;
  readonly most?: number;
}

export function EventTypes({ types, most = 2 }: EventTypesProps) {
  if (types === null) return <span className="text-muted">All, including future ones</span>;
  const more = types.length - most;
  return (
    <span className="leading-6">
      {types.slice(0, most).map((type) => (
        <Fragment key={type}>
          <Code>{type}</Code>{' '}
        </Fragment>
      ))}
      {more > 0 && (
        <Tooltip text={types.slice(most).join(', ')}>
          <button type="button" className="text-sm whitespace-nowrap text-muted hover:text-text">
            and {more} more
          </button>
        </Tooltip>
      )}
    </span>
  );
}
