/** One event: its state, its payload, and redelivery. */

import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { ActionButton } from '../actions/action-button.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { Facts } from '../ui/card.tsx';
import { Code, Copied, indented, Pre } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Loaded, Notice } from '../ui/notice.tsx';
import { Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count, EVENT_STATE } from '../ui/words.ts';
import { aggregateHref, aggregateWords } from './event.rules.ts';
import { redeliverOutboxEvent } from './event-actions.ts';
import type { EventKind } from './event-catalog.ts';
import { EventQuery, type WholeEvent } from './event-documents.ts';

interface EventDialogProps {
  readonly id: string;
  readonly kinds: readonly EventKind[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function EventDialog({ id, kinds, onClose, onDone }: EventDialogProps) {
  const result = useLiveQuery({
    query: EventQuery,
    variables: { id },
    everyMs: 3_000,
    isPaused: !usePermission('outboxEvents').isAllowed,
  });
  const event = result.data?.node?.__typename === 'OutboxEvent' ? result.data.node : undefined;
  return (
    <Dialog title={event?.eventType ?? 'Event'} isWide onClose={onClose}>
      <Loaded result={result} height={16}>
        {() =>
          event === undefined ? (
            <p>This event does not exist, or was deleted after its retention period.</p>
          ) : (
            <EventFacts
              event={event}
              kind={kinds.find(({ type }) => type === event.eventType)}
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

interface EventFactsProps {
  readonly event: WholeEvent;
  readonly kind: EventKind | undefined;
  readonly onDone: () => void;
}

function EventFacts({ event, kind, onDone }: EventFactsProps) {
  const {
    eventId,
    state,
    aggregateType,
    aggregateId,
    aggregateName,
    payload,
    errorMessage,
    retryCount,
    redeliveredAt,
  } = event;
  const href = aggregateHref(aggregateType, aggregateId, payload);
  const what = `${aggregateWords(aggregateType)}${aggregateName === null ? '' : ` ${aggregateName}`}`;
  return (
    <div className="grid gap-4">
      {kind !== undefined && <p className="text-muted">{kind.description}</p>}
      {errorMessage !== null && (
        <Notice tone={state === 'PARKED' ? 'bad' : 'warn'}>
          <p className="font-medium">It could not be published, {count(retryCount)} times by now.</p>
          <p className="break-words">{errorMessage}</p>
        </Notice>
      )}
      <Facts
        of={[
          ['State', <Status key="state" of={EVENT_STATE[state]} />],
          ['Happened', <Time key="at" at={event.createdAt} as="exact" />],
          [
            'To',
            <span key="to" className="inline-flex flex-wrap items-center gap-x-2">
              {href === undefined ? (
                what
              ) : (
                <Link href={href} className="text-accent break-all hover:underline">
                  {what}
                </Link>
              )}
              <Code>{aggregateId}</Code>
            </span>,
          ],
          ['Its id', <Copied key="id" of={eventId} label="the event’s id" />],
          ['Family', event.familyId === null ? null : <Code key="family">{event.familyId}</Code>],
          ['Number', event.sequence.replace(/^0+(?=\d)/, '')],
          ['Published', <Time key="published" at={event.processedAt} as="exact" />],
          ...(event.parkedAt === null
            ? []
            : [['Parked', <Time key="parked" at={event.parkedAt} as="exact" />] as const]),
          ...(event.nextAttemptAt === null
            ? []
            : [['Tried again', <Time key="next" at={event.nextAttemptAt} as="countdown" />] as const]),
          ...(redeliveredAt === null
            ? []
            : [['Requested again', <Time key="again" at={redeliveredAt} as="exact" />] as const]),
        ]}
      />
      <div className="grid gap-1.5">
        <h3 className="font-medium">Content</h3>
        <Pre label="The payload" text={indented(payload)} />
      </div>
      <div className="flex flex-wrap items-center justify-between gap-2">
        {kind === undefined ? (
          <span />
        ) : (
          <a href={kind.schema} target="_blank" rel="noreferrer" className="text-accent hover:underline">
            The schema of version {event.eventVersion}
          </a>
        )}
        <ActionButton
          action={redeliverOutboxEvent}
          input={{ eventId }}
          subject={event.eventType}
          kind={state === 'PARKED' ? 'primary' : 'plain'}
          onDone={onDone}
          disabledBecause={state === 'PENDING' ? 'It is already being published.' : undefined}
        />
      </div>
    </div>
  );
}
