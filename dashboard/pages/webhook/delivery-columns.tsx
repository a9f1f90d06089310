/** The columns of the delivery log. */
import { ActionButton } from '../../actions/action-button.tsx';
import { redeliverWebhook } from '../../actions/event-actions.ts';
import { Badge, Status } from '../../ui/badge.tsx';
import { Breakable } from '../../ui/breakable.tsx';
import type { Column } from '../../ui/table.tsx';
import { Time } from '../../ui/time.tsx';
import { count, DELIVERY_STATUS } from '../../ui/words.ts';
import { sendNow } from '../../webhooks/redeliver-actions.ts';
import type { Delivery } from './webhook-documents.ts';

export const deliveryColumns = (onOpen: (id: string) => void, onDone: () => void): readonly Column<Delivery>[] => [
  { name: 'Published', cell: ({ createdAt }) => <Time at={createdAt} as="clock" /> },
  {
    name: 'Event',
    cell: ({ id, eventType, isTest }) => (
      <span className="inline-flex flex-wrap items-center gap-2">
        <button
          type="button"
          onClick={() => onOpen(id)}
          className="text-left font-medium break-words text-accent hover:underline"
        >
          <Breakable text={eventType} />
        </button>
        {isTest && <Badge>Test</Badge>}
      </span>
    ),
  },
  { name: 'State', cell: ({ status }) => <Status of={DELIVERY_STATUS[status]} /> },
  { name: 'Attempts', align: 'right', cell: ({ attemptCount }) => count(attemptCount) },
  {
    name: 'Next or last',
    cell: ({ status, nextAttemptAt, closedAt }) =>
      status !== 'PENDING' ? (
        <Time at={closedAt} as="clock" />
      ) : nextAttemptAt === null ? (
        <span className="text-muted">in progress, or waiting for an earlier one</span>
      ) : (
        <span className="whitespace-nowrap">
          again in <Time at={nextAttemptAt} as="countdown" />
        </span>
      ),
  },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: ({ deliveryId, eventType, status }) => (
      <ActionButton
        action={status === 'PENDING' ? sendNow : redeliverWebhook}
        input={{ deliveryId }}
        subject={eventType}
        kind={status === 'FAILED' ? 'plain' : 'ghost'}
        onDone={onDone}
      />
    ),
  },
];
