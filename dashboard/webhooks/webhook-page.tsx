/** One webhook: its state, details and deliveries. */

import { useLocation } from 'wouter';
import { ActionButton } from '../actions/action-button.tsx';
import { pauseWebhook, resumeWebhook, testWebhook } from '../events/event-actions.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Permitted } from '../shell/page-fault.tsx';
import { ButtonLink } from '../ui/button.tsx';
import { Card, Facts } from '../ui/card.tsx';
import { Copied } from '../ui/copy.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { isUuid } from '../ui/text.rules.ts';
import { Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count, WEBHOOK_STATE } from '../ui/words.ts';
import { Deliveries } from './deliveries.tsx';
import { type Webhook, WebhookQuery } from './webhook-documents.ts';
import { EventTypes, WebhookMenu } from './webhook-menu.tsx';

/* A webhook's state and details. */

function WebhookState({
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

const WebhookFacts = ({ of: webhook }: WebhookFactsProps) => (
  <Card title="Details">
    <div className="grid items-start gap-x-8 gap-y-1.5 lg:grid-cols-2">
      <Facts
        of={[
          ['Address', <Copied key="url" of={webhook.url} label="the address" />],
          ['Description', webhook.description],
          ['Events', <EventTypes key="types" types={webhook.eventTypes} most={30} />],
          ['Id', <Copied key="id" of={webhook.webhookId} label="the webhook’s id" />],
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
            'Created',
            <span key="created">
              <Time at={webhook.createdAt} /> by {webhook.createdBy}
            </span>,
          ],
          ['Last changed', <Time key="changed" at={webhook.updatedAt} />],
        ]}
      />
    </div>
  </Card>
);

const WITHIN = [['Webhooks', '/webhooks']] as const;

interface WebhookPageProps {
  readonly params: { readonly webhookId: string };
}

export default function WebhookPage({ params: { webhookId } }: WebhookPageProps) {
  return (
    <Permitted title="Webhook" needs="webhook">
      <WebhookContent key={webhookId} webhookId={webhookId} />
    </Permitted>
  );
}

function WebhookContent({ webhookId }: WebhookPageProps['params']) {
  const isId = isUuid(webhookId);
  const result = useLiveQuery({
    query: WebhookQuery,
    variables: { webhookId },
    everyMs: 10_000,
    isPaused: !isId,
  });
  const webhook = result.data?.webhook;
  const isNone = !isId || (webhook === null && result.problem === undefined);
  return (
    <Page
      title={webhook == null ? 'Webhook' : nameOf(webhook)}
      within={WITHIN}
      badge={webhook != null && <Status of={WEBHOOK_STATE[webhook.state]} />}
      actions={webhook != null && <Actions webhook={webhook} onDone={result.refresh} />}
    >
      {isNone ? (
        <Empty
          title="There is no webhook with this id."
          actions={<ButtonLink href="/webhooks">To the webhooks</ButtonLink>}
        >
          It may have been deleted.
        </Empty>
      ) : (
        <Loaded result={result} height={16}>
          {() =>
            webhook != null && (
              <>
                <WebhookState of={webhook} />
                <WebhookFacts of={webhook} />
                <Deliveries webhookId={webhook.webhookId} onDone={result.refresh} />
              </>
            )
          }
        </Loaded>
      )}
    </Page>
  );
}

/** The host only, as URLs are long; the details show the whole URL. */
const nameOf = ({ url }: Webhook): string => (URL.canParse(url) ? new URL(url).host : url);

function Actions({ webhook, onDone }: { readonly webhook: Webhook; readonly onDone: () => void }) {
  const [, navigate] = useLocation();
  const shared = { input: { webhookId: webhook.webhookId }, subject: webhook.url, onDone };
  return (
    <>
      <ActionButton {...shared} action={testWebhook} />
      {webhook.state === 'ACTIVE' ? (
        <ActionButton {...shared} action={pauseWebhook} />
      ) : (
        <ActionButton {...shared} action={resumeWebhook} kind="primary" />
      )}
      <WebhookMenu webhook={webhook} onDone={onDone} onDeleted={() => navigate('/webhooks')} />
    </>
  );
}
