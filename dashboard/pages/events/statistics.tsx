/** The outbox in numbers. */

import { usePermission } from '../../access/viewer.tsx';
import { useLiveQuery } from '../../live/use-live.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Card, Figure } from '../../ui/card.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Length, Time } from '../../ui/time.tsx';
import { count, counted } from '../../ui/words.ts';
import { StatisticsQuery } from './event-documents.ts';

/** `isFiltered`: the list already shows the parked events. */
export function OutboxState({ isFiltered }: { readonly isFiltered: boolean }) {
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
