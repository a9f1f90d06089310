/** The table of events; a row opens in a dialog. */

import type { ReactNode } from 'react';
import { ActionButton } from '../actions/action-button.tsx';
import { Code } from '../ui/copy.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Breakable, Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { EVENT_STATE } from '../ui/words.ts';
import { aggregateWords } from './event.rules.ts';
import { redeliverOutboxEvent } from './event-actions.ts';
import type { EventRow } from './event-documents.ts';

interface EventTableProps {
  readonly label: string;
  readonly rows: readonly EventRow[];
  readonly onOpen: (id: string) => void;
  readonly onDone: () => void;
  readonly empty?: ReactNode;
}

/** The column is left out when no event in the table has an error. */
const WENT_WRONG = 'What went wrong';

const columns = (onOpen: EventTableProps['onOpen'], onDone: () => void): readonly Column<EventRow>[] => [
  { name: 'When', cell: ({ createdAt }) => <Time at={createdAt} as="clock" /> },
  {
    name: 'Type',
    isTitle: true,
    cell: ({ id, eventType }) => (
      <button
        type="button"
        onClick={() => onOpen(id)}
        className="text-left font-medium break-words text-accent md:whitespace-nowrap hover:underline"
      >
        <Breakable text={eventType} />
      </button>
    ),
  },
  {
    name: 'Object',
    cell: ({ aggregateType, aggregateId, aggregateName }) => (
      <span className="inline-flex flex-wrap items-center gap-x-2" title={aggregateId}>
        {aggregateWords(aggregateType)}
        {aggregateName === null ? (
          <Code isShort>{aggregateId}</Code>
        ) : (
          <span className="min-w-0 font-medium wrap-anywhere">
            <Breakable text={aggregateName} />
          </span>
        )}
      </span>
    ),
  },
  { name: 'State', cell: ({ state }) => <Status of={EVENT_STATE[state]} /> },
  {
    name: WENT_WRONG,
    isWide: true,
    cell: ({ errorMessage, nextAttemptAt }) =>
      errorMessage === null ? null : (
        <span title={errorMessage}>
          {nextAttemptAt !== null && (
            <>
              again in <Time at={nextAttemptAt} as="countdown" />:{' '}
            </>
          )}
          {errorMessage}
        </span>
      ),
  },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: ({ eventId, eventType, state }) =>
      state === 'PENDING' ? null : (
        <ActionButton
          action={redeliverOutboxEvent}
          input={{ eventId }}
          subject={eventType}
          kind={state === 'PARKED' ? 'primary' : 'ghost'}
          onDone={onDone}
        />
      ),
  },
];

export const EventTable = ({ label, rows, onOpen, onDone, empty }: EventTableProps) => (
  <Table
    label={label}
    columns={columns(onOpen, onDone).filter(
      ({ name }) => name !== WENT_WRONG || rows.some(({ errorMessage }) => errorMessage !== null),
    )}
    rows={rows}
    keyOf={({ id }) => id}
    onOpen={({ id }) => onOpen(id)}
    empty={empty}
  />
);
