/** The outbox: events, whether they were published, and redelivery. */

import { usePermission } from '../access/viewer.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Card, Figure } from '../ui/card.tsx';
import { useFirstPageInstead, useListAddress } from '../ui/filters.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Page, Pager } from '../ui/page.tsx';
import { Length, Time } from '../ui/time.tsx';
import { count, counted } from '../ui/words.ts';
import { askedBy, FILTERS } from './event.rules.ts';
import { useEventCatalog } from './event-catalog.ts';
import { EventDialog } from './event-dialog.tsx';
import { EventsQuery, StatisticsQuery } from './event-documents.ts';
import { EventFilters } from './event-filters.tsx';
import { EventTable } from './event-table.tsx';

/* The outbox in numbers. */

/** `isFiltered`: the list already shows the parked events. */
function OutboxState({ isFiltered }: { readonly isFiltered: boolean }) {
  // The live stream does not publish single events, so the outbox is polled.
  const result = useLiveQuery({
    query: StatisticsQuery,
    variables: {},
    everyMs: 3_000,
    isPaused: !usePermission('outboxStatistics').isAllowed,
  });
  const parked = result.data?.outboxStatistics?.parkedCount ?? 0;
  return (
    <>
      {parked > 0 && (
        <Notice
          tone="bad"
          actions={
            !isFiltered && (
              <ButtonLink isSmall href="/events?state=PARKED">
                Show {parked === 1 ? 'it' : 'them'}
              </ButtonLink>
            )
          }
        >
          {counted(parked, 'event is', 'events are')} parked: publishing failed too often and is not retried. Fix the
          cause, then publish {parked === 1 ? 'it' : 'them'} again.
        </Notice>
      )}
      <Card title="Outbox" hint="Events are written in the same transaction as their change, so none is lost.">
        <Loaded result={result} height={4}>
          {({ outboxStatistics }) =>
            outboxStatistics !== null && (
              <dl className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-3 lg:grid-cols-6">
                <Figure label="To be published" value={count(outboxStatistics.pendingCount)} />
                <Figure
                  label="Retrying later"
                  value={count(outboxStatistics.waitingCount)}
                  {...(outboxStatistics.waitingCount > 0 && { tone: 'warn' })}
                />
                <Figure
                  label="Parked"
                  value={count(outboxStatistics.parkedCount)}
                  {...(outboxStatistics.parkedCount > 0 && { tone: 'bad' })}
                />
                <Figure
                  label="Oldest waiting for"
                  value={<Length of={outboxStatistics.pendingCount === 0 ? null : outboxStatistics.oldestPendingAge} />}
                />
                <Figure
                  label="Published per second"
                  value={count(Math.round(outboxStatistics.publishedPerSecond * 10) / 10)}
                  note="over the last minute"
                />
                <Figure label="Last published" value={<Time at={outboxStatistics.lastPublishedAt} />} />
              </dl>
            )
          }
        </Loaded>
      </Card>
    </>
  );
}

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
      <Card title="Events" isTitleHidden isFlush>
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
