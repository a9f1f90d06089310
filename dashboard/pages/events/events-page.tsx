/** The outbox: events, whether they were published, and redelivery. */
import { usePermission } from '../../access/viewer.tsx';
import { useEventCatalog } from '../../events/use-event-catalog.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { useFirstPageInstead, useListAddress } from '../../ui/list-address.ts';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { Pager } from '../../ui/pager.tsx';
import { EventDialog } from './event-dialog.tsx';
import { EventsQuery } from './event-documents.ts';
import { askedBy, FILTERS } from './event-filter.rules.ts';
import { EventFilters } from './event-filters.tsx';
import { EventTable } from './event-table.tsx';
import { OutboxState } from './statistics.tsx';

const PER_PAGE = 25;
const PARKED = { filter: { state: 'PARKED' }, first: 10 } as const;

export default function EventsPage() {
  const address = useListAddress(FILTERS, PER_PAGE);
  const kinds = useEventCatalog();
  const { filter, problems } = askedBy(
    address.get,
    kinds.map(({ type }) => type),
  );
  const isPaused = !usePermission('outboxEvents').isAllowed;
  const result = useLiveQuery({ query: EventsQuery, variables: { filter, ...address.page }, everyMs: 5_000, isPaused });
  useFirstPageInstead(address, result);
  // Parked events need an operator, so they come first, however many events followed.
  const isPlain = !address.isFiltered && address.isFirstPage;
  const parked = useLiveQuery({
    query: EventsQuery,
    variables: PARKED,
    everyMs: 10_000,
    isPaused: isPaused || !isPlain,
  });
  const refresh = (): void => {
    result.refresh();
    if (isPlain) parked.refresh();
  };
  const open = (id: string): void => address.set({ event: id }, true);
  const shown = address.get('event');
  const parkedRows = isPlain ? (parked.data?.outboxEvents?.nodes ?? []) : [];
  return (
    <Page
      title="Events"
      description="What happened, for other programs. Each event goes to every webhook that subscribes to its type, at least once and in order."
    >
      <OutboxState isFiltered={filter.state === 'PARKED'} />
      {parkedRows.length > 0 && (
        <Card title="Parked" hint="They need an operator. The newest are shown here." isFlush>
          <EventTable label="Parked events" rows={parkedRows} onOpen={open} onDone={refresh} />
        </Card>
      )}
      <Card title="Events" hint="Newest first. Times of the filters are in this browser’s zone." isFlush>
        <EventFilters address={address} problems={problems} kinds={kinds} />
        <Loaded result={result} height={32}>
          {({ outboxEvents }) =>
            outboxEvents !== null && (
              <>
                <EventTable
                  label="Events"
                  rows={outboxEvents.nodes}
                  onOpen={open}
                  onDone={refresh}
                  empty={
                    address.isFiltered ? (
                      <Empty
                        title="No event matches these filters."
                        actions={<Button onClick={address.clear}>Clear the filters</Button>}
                      />
                    ) : (
                      <Empty title="No events yet.">
                        An account queued, created or failed, a job run, a circuit opened: each becomes an event here
                        and goes to the webhooks that subscribe to it.
                      </Empty>
                    )
                  }
                />
                <Pager of={outboxEvents.pageInfo} onPage={(page) => address.set(page, true)} />
              </>
            )
          }
        </Loaded>
      </Card>
      {shown !== undefined && (
        <EventDialog
          key={shown}
          id={shown}
          kinds={kinds}
          onClose={() => address.set({ event: undefined })}
          onDone={refresh}
        />
      )}
    </Page>
  );
}
