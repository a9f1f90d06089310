/** A webhook's state and details. */
import { Card, Facts } from '../../ui/card.tsx';
import { Copied } from '../../ui/copy.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { count } from '../../ui/words.ts';
import { EventTypes } from '../../webhooks/event-types.tsx';
import type { Webhook } from './webhook-documents.ts';

export function WebhookState({
  of: { state, stateReason, stateChangedAt, stateChangedBy, failingSinceAt },
}: WebhookFactsProps) {
  if (state !== 'ACTIVE')
    return (
      <Notice tone={state === 'DISABLED' ? 'bad' : 'warn'}>
        <p className="font-medium">
          {state === 'DISABLED' ? 'Disabled' : 'Paused'} by {stateChangedBy}, <Time at={stateChangedAt} />: what there
          is to send waits until it is resumed.
        </p>
        {stateReason !== null && <p className="break-words">{stateReason}</p>}
      </Notice>
    );
  return failingSinceAt === null ? null : (
    <Notice tone="bad">
      Nothing was delivered since <Time at={failingSinceAt} as="clock" /> (<Time at={failingSinceAt} />
      ). It is retried automatically; the last attempts show what the receiver answered.
    </Notice>
  );
}

interface WebhookFactsProps {
  readonly of: Webhook;
}

export const WebhookFacts = ({ of: webhook }: WebhookFactsProps) => (
  <Card title="Details">
    <div className="grid items-start gap-x-8 gap-y-1.5 lg:grid-cols-2">
      <Facts
        of={[
          ['Address', <Copied key="url" of={webhook.url} label="the address" />],
          ['Description', webhook.description],
          ['Events', <EventTypes key="types" types={webhook.eventTypes} most={30} />],
          ['Its id', <Copied key="id" of={webhook.webhookId} label="the webhook’s id" />],
        ]}
      />
      <Facts
        of={[
          ['Waiting', `${count(webhook.pendingCount)} ${webhook.pendingCount === 1 ? 'delivery' : 'deliveries'}`],
          ['Last delivered', <Time key="success" at={webhook.lastSuccessAt} />],
          ...(webhook.formerSecretExpiresAt === null
            ? []
            : [
                [
                  'Previous secret',
                  <span key="secret">
                    signs too, until <Time at={webhook.formerSecretExpiresAt} as="clock" />
                  </span>,
                ] as const,
              ]),
          [
            'Made',
            <span key="made">
              <Time at={webhook.createdAt} /> by {webhook.createdBy}
            </span>,
          ],
          ['Last changed', <Time key="changed" at={webhook.updatedAt} />],
        ]}
      />
    </div>
  </Card>
);
