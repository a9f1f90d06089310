/** One webhook: its state, details and deliveries. */
import { useLocation } from 'wouter';
import { ActionButton } from '../../actions/action-button.tsx';
import { pauseWebhook, resumeWebhook, testWebhook } from '../../actions/event-actions.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Permitted } from '../../shell/permitted.tsx';
import { Status } from '../../ui/badge.tsx';
import { ButtonLink } from '../../ui/button.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { isUuid } from '../../ui/uuid.rules.ts';
import { WEBHOOK_STATE } from '../../ui/words.ts';
import { WebhookMenu } from '../../webhooks/webhook-menu.tsx';
import { Deliveries } from './deliveries.tsx';
import { type Webhook, WebhookQuery } from './webhook-documents.ts';
import { WebhookFacts, WebhookState } from './webhook-facts.tsx';

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
