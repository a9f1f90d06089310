/** The circuit's transitions, newest first: when, by whom, and why. */
import { Status } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Code } from '../../ui/copy.tsx';
import { Empty } from '../../ui/notice.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { Time } from '../../ui/time.tsx';
import { CIRCUIT_STATE } from '../../ui/words.ts';
import { type Change, doerOf, withoutRepeats } from './circuit.rules.ts';
import type { Transition } from './provider-query.ts';

const COLUMNS: readonly Column<Change>[] = [
  { name: 'When', cell: ({ changedAt }) => <Time at={changedAt} as="clock" /> },
  {
    name: 'Change',
    cell: ({ from, to }) => (
      <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
        <span className="text-muted">{CIRCUIT_STATE[from].text}</span>
        <span aria-hidden>→</span>
        <span className="sr-only">to</span>
        <Status of={CIRCUIT_STATE[to]} />
      </span>
    ),
  },
  { name: 'By', cell: (row) => <span className="md:block md:min-w-28">{doerOf(row)}</span> },
  {
    name: 'Why',
    cell: ({ to, reason, cause, isAsBefore }) => (
      <div className="max-w-prose min-w-0 break-words">
        {cause !== null && <Code>{cause}</Code>}{' '}
        {isAsBefore ? (
          <span className="text-muted">still so</span>
        ) : (
          (reason ?? (to === 'HALF_OPEN' ? 'Time for a probe' : '–'))
        )}
      </div>
    ),
  },
];

interface HistoryCardProps {
  readonly transitions: readonly Transition[];
  /** Loads more; undefined when all are shown. */
  readonly onMore: (() => void) | undefined;
}

export const HistoryCard = ({ transitions, onMore }: HistoryCardProps) => (
  <Card title="History of the circuit" isFlush>
    <Table
      label="Changes of the circuit"
      columns={COLUMNS}
      rows={withoutRepeats(transitions)}
      keyOf={({ changedAt, to }) => `${changedAt} ${to}`}
      empty={
        <Empty title="Never opened.">
          It opens when the provider refuses our token or several entries in a row fail, and closes when a probe
          succeeds. Each change appears here with who and why.
        </Empty>
      }
    />
    {onMore !== undefined && (
      <div className="border-t px-4 py-2">
        <Button isSmall onClick={onMore}>
          Show more
        </Button>
      </div>
    )}
  </Card>
);
