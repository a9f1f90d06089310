/** One delivery: its exact body, and the outcome of each attempt. */

import { usePermission } from '../access/viewer.tsx';
import { ActionButton } from '../actions/action-button.tsx';
import { redeliverWebhook } from '../events/event-actions.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Facts } from '../ui/card.tsx';
import { Code, Copied, indented, Pre } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Loaded } from '../ui/notice.tsx';
import { Badge, Status } from '../ui/text.tsx';
import { Length, Time } from '../ui/time.tsx';
import { DELIVERY_STATUS, WEBHOOK_ATTEMPT_OUTCOME } from '../ui/words.ts';
import { type Attempt, DeliveryQuery, type WholeDelivery } from './webhook-documents.ts';
import { sendNow } from './webhook-menu.tsx';

interface DeliveryDialogProps {
  readonly id: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function DeliveryDialog({ id, onClose, onDone }: DeliveryDialogProps) {
  const result = useLiveQuery({
    query: DeliveryQuery,
    variables: { id },
    everyMs: 2_000,
    isPaused: !usePermission('webhook').isAllowed,
  });
  const delivery = result.data?.node?.__typename === 'WebhookDelivery' ? result.data.node : undefined;
  return (
    <Dialog title={delivery?.eventType ?? 'Delivery'} isWide onClose={onClose}>
      <Loaded result={result} height={16}>
        {() =>
          delivery === undefined ? (
            <p>This delivery does not exist, or was deleted after its retention period.</p>
          ) : (
            <Whole
              delivery={delivery}
              onDone={() => {
                result.refresh();
                onDone();
              }}
            />
          )
        }
      </Loaded>
    </Dialog>
  );
}

function Whole({ delivery, onDone }: { readonly delivery: WholeDelivery; readonly onDone: () => void }) {
  const { deliveryId, eventId, eventType, status, isTest, createdAt, closedAt, nextAttemptAt } = delivery;
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="inline-flex items-center gap-2">
          <Status of={DELIVERY_STATUS[status]} />
          {isTest && <Badge>Test</Badge>}
        </span>
        <ActionButton
          action={status === 'PENDING' ? sendNow : redeliverWebhook}
          input={{ deliveryId }}
          subject={eventType}
          kind={status === 'FAILED' ? 'primary' : 'plain'}
          onDone={onDone}
        />
      </div>
      <Facts
        of={[
          ['Published', <Time key="at" at={createdAt} as="exact" />],
          status === 'PENDING'
            ? [
                'Next attempt',
                nextAttemptAt === null ? (
                  'In progress, or waiting for an earlier one'
                ) : (
                  <Time key="next" at={nextAttemptAt} as="countdown" />
                ),
              ]
            : [status === 'FAILED' ? 'Given up' : 'Delivered', <Time key="closed" at={closedAt} as="exact" />],
          ...(delivery.redeliveredAt === null
            ? []
            : [
                [
                  'Requested again',
                  <span key="again">
                    <Time at={delivery.redeliveredAt} as="exact" /> by {delivery.redeliveredBy ?? 'somebody'}
                  </span>,
                ] as const,
              ]),
          ['Event', <Copied key="event" of={eventId} label="the event’s id" />],
        ]}
      />
      <section className="grid gap-2">
        <h3 className="font-medium">Attempts</h3>
        {delivery.attempts.length === 0 && <p className="text-muted">None has finished yet.</p>}
        <ol className="grid gap-2">
          {delivery.attempts.map((attempt) => (
            <li key={`${attempt.number} ${attempt.startedAt}`}>
              <AttemptItem attempt={attempt} />
            </li>
          ))}
        </ol>
      </section>
      <section className="grid gap-1.5">
        <h3 className="font-medium">What is sent</h3>
        <Pre label="The body" text={indented(delivery.body)} />
      </section>
    </div>
  );
}

function AttemptItem({
  attempt: { number, startedAt, duration, outcome, httpStatus, answer, errorMessage },
}: {
  readonly attempt: Attempt;
}) {
  return (
    <div className="grid gap-1.5 rounded-md border px-3 py-2">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-muted">{number}.</span>
        <Status of={WEBHOOK_ATTEMPT_OUTCOME[outcome]} />
        {httpStatus !== null && <Code>{`HTTP ${httpStatus}`}</Code>}
        <span className="text-muted">
          <Time at={startedAt} as="clock" />, took <Length of={duration} />
        </span>
      </p>
      {errorMessage !== null && <p className="break-words">{errorMessage}</p>}
      {answer !== null && answer !== '' && <Pre label="The answer" text={answer} />}
    </div>
  );
}
