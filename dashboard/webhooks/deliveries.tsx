/** The delivery log of a webhook, with redelivery. */

import { usePermission } from '../access/viewer.tsx';
import { ActionButton } from '../actions/action-button.tsx';
import { redeliverWebhook } from '../events/event-actions.ts';
import { useEventCatalog } from '../events/event-catalog.ts';
import type { EnumOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { InstantField, SelectField } from '../ui/field.tsx';
import { Filters, type ListAddress, useFirstPageInstead, useListAddress } from '../ui/filters.tsx';
import { spanOf } from '../ui/list-address.rules.ts';
import { Empty, Loaded } from '../ui/notice.tsx';
import { Pager } from '../ui/page.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Badge, Breakable, Status } from '../ui/text.tsx';
import { Time, useNow } from '../ui/time.tsx';
import { count, DELIVERY_STATUS } from '../ui/words.ts';
import { DeliveryDialog } from './delivery-dialog.tsx';
import { DeliveriesQuery, type Delivery } from './webhook-documents.ts';
import { sendNow, sendSpanAgain } from './webhook-menu.tsx';

/* The columns of the delivery log. */

const deliveryColumns = (onOpen: (id: string) => void, onDone: () => void): readonly Column<Delivery>[] => [
  { name: 'Published', cell: ({ createdAt }) => <Time at={createdAt} as="clock" /> },
  {
    name: 'Event',
    isTitle: true,
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

const FILTERS = ['status', 'type', 'from', 'to'] as const;
const STATUSES: readonly EnumOf<'WebhookDeliveryStatus'>[] = ['PENDING', 'DELIVERED', 'FAILED'];
const DAY_MS = 86_400_000;

interface DeliveriesProps {
  readonly webhookId: string;
  readonly onDone: () => void;
}

export function Deliveries({ webhookId, onDone }: DeliveriesProps) {
  const address = useListAddress(FILTERS, 25);
  const type = address.get('type');
  const status = STATUSES.find((one) => one === address.get('status'));
  const createdAt = spanOf(address.get('from'), address.get('to'));
  const result = useLiveQuery({
    query: DeliveriesQuery,
    variables: {
      webhookId,
      filter: {
        ...(status !== undefined && { status }),
        ...(type !== undefined && { eventType: { equals: type } }),
        ...(createdAt !== undefined && { createdAt }),
      },
      ...address.page,
    },
    everyMs: 3_000,
    isPaused: !usePermission('webhook').isAllowed,
  });
  useFirstPageInstead(address, result);
  const now = useNow(60_000);
  const done = (): void => {
    result.refresh();
    onDone();
  };
  const open = (id: string): void => address.set({ delivery: id }, true);
  const shown = address.get('delivery');
  return (
    <Card
      title="Deliveries"
      actions={
        <ActionButton
          action={sendSpanAgain}
          input={{ webhookId }}
          // The filters' range, or the last day. Rounded to the minute like the fields.
          initial={{
            from: createdAt?.from ?? new Date(now - DAY_MS).toISOString(),
            to: createdAt?.to ?? new Date(now + 60_000).toISOString(),
          }}
          onDone={done}
        />
      }
      isFlush
    >
      <DeliveryFilters address={address} status={status} />
      <Loaded result={result} height={32}>
        {({ webhook }) =>
          webhook?.deliveries != null && (
            <>
              <Table
                label="Deliveries"
                columns={deliveryColumns(open, done)}
                rows={webhook.deliveries.nodes}
                keyOf={({ id }) => id}
                onOpen={({ id }) => open(id)}
                empty={
                  address.isFiltered ? (
                    <Empty
                      title="No delivery matches these filters."
                      actions={<Button onClick={address.clear}>Clear the filters</Button>}
                    />
                  ) : (
                    <Empty title="No deliveries yet.">
                      Each published event of its types appears here with its delivery attempts. Send a test to check
                      the receiver.
                    </Empty>
                  )
                }
              />
              <Pager of={webhook.deliveries.pageInfo} onPage={(page) => address.set(page, true)} />
            </>
          )
        }
      </Loaded>
      {shown !== undefined && (
        <DeliveryDialog key={shown} id={shown} onClose={() => address.set({ delivery: undefined })} onDone={done} />
      )}
    </Card>
  );
}

function DeliveryFilters({ address, status }: { readonly address: ListAddress; readonly status: string | undefined }) {
  const { get, set } = address;
  const known = useEventCatalog().map(({ type }) => type);
  const type = get('type');
  const types = type === undefined || known.includes(type) ? known : [type, ...known];
  return (
    <Filters
      address={address}
      more={{
        title: 'By time',
        names: ['from', 'to'],
        fields: (
          <>
            <InstantField label="Published from" value={get('from')} hint="" onInstant={(from) => set({ from })} />
            <InstantField label="Published before" value={get('to')} hint="" onInstant={(to) => set({ to })} />
          </>
        ),
      }}
    >
      <SelectField
        label="State"
        value={status ?? ''}
        options={[['', 'Any'], ...STATUSES.map((one) => [one, DELIVERY_STATUS[one].text] as const)]}
        onChange={({ target }) => set({ status: target.value })}
      />
      <SelectField
        label="Type"
        value={type ?? ''}
        options={[['', 'Any'], ...types.map((one) => [one, one] as const)]}
        onChange={({ target }) => set({ type: target.value })}
      />
    </Filters>
  );
}
