/** The webhooks and their delivery status. */

import { Plus } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { DoingButton, useDoing } from '../actions/action-button.tsx';
import { createWebhook } from '../events/event-actions.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { Empty, Loaded } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { None, Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count, WEBHOOK_STATE } from '../ui/words.ts';
import { type WebhookRow, WebhooksQuery } from './webhook-documents.ts';
import { EventTypes, WebhookMenu } from './webhook-menu.tsx';

const columns = (onDone: () => void): readonly Column<WebhookRow>[] => [
  {
    name: 'Address',
    cell: ({ webhookId, url, description }) => (
      <div className="max-w-md min-w-0">
        <Link href={`/webhooks/${webhookId}`} className="font-medium break-all text-accent hover:underline">
          {url}
        </Link>
        {description !== null && <p className="text-sm break-words text-muted">{description}</p>}
      </div>
    ),
  },
  {
    name: 'State',
    cell: ({ state, stateReason }) => (
      <div className="max-w-64 min-w-0">
        <Status of={WEBHOOK_STATE[state]} />
        {state !== 'ACTIVE' && stateReason !== null && (
          <p className="mt-0.5 text-sm break-words text-muted">{stateReason}</p>
        )}
      </div>
    ),
  },
  { name: 'Events', cell: ({ eventTypes }) => <EventTypes types={eventTypes} /> },
  { name: 'Waiting', align: 'right', cell: ({ pendingCount }) => count(pendingCount) },
  {
    name: 'Failing since',
    cell: ({ failingSinceAt }) =>
      failingSinceAt === null ? (
        <None />
      ) : (
        <span className="font-medium text-bad">
          <Time at={failingSinceAt} />
        </span>
      ),
  },
  { name: 'Last delivered', cell: ({ lastSuccessAt }) => <Time at={lastSuccessAt} /> },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: (webhook) => <WebhookMenu webhook={webhook} onDone={onDone} />,
  },
];

export default function WebhooksPage() {
  const [, navigate] = useLocation();
  // The live stream does not publish deliveries, so they are polled; rarely, because pending ones are counted.
  const result = useLiveQuery({
    query: WebhooksQuery,
    variables: {},
    everyMs: 10_000,
    isPaused: !usePermission('webhooks').isAllowed,
  });
  // Kept outside the table: its dialog shows the secret once, and must stay open when the first row appears.
  const adding = useDoing({ action: createWebhook, input: {}, onDone: result.refresh });
  const add = <DoingButton of={adding} kind="primary" isSmall={false} icon={Plus} />;
  return (
    <Page
      title="Webhooks"
      description="Addresses that receive events as they happen: signed, in order, retried until accepted."
      actions={add}
    >
      <Card title="Webhooks" isTitleHidden isFlush>
        <Loaded result={result} height={16}>
          {({ webhooks }) => (
            <Table
              label="Webhooks"
              columns={columns(result.refresh)}
              rows={webhooks ?? []}
              keyOf={({ id }) => id}
              onOpen={({ webhookId }) => navigate(`/webhooks/${webhookId}`)}
              empty={
                <Empty title="No webhooks yet." actions={add}>
                  Add one to notify other programs of each created account, failure and alert. Each webhook has its own
                  secret; requests are signed as in Standard Webhooks.
                </Empty>
              }
            />
          )}
        </Loaded>
      </Card>
      {adding.dialog}
    </Page>
  );
}
