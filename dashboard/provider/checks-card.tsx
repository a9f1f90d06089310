/** The provider checks of this node, and a button to run one now. */

import { CircleCheck } from 'lucide-react';
import { ActionButton } from '../actions/action-button.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { Notice } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Badge, Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { CIRCUIT_STATE, counted } from '../ui/words.ts';
import { type Change, type CheckSpan, doerOf, isBeforeOpening, spansOf, withoutRepeats } from './provider.rules.ts';
import { checkIdentityProvider } from './provider-actions.ts';
import type { Provider, Transition } from './provider-query.ts';

interface ChecksCardProps {
  readonly provider: Provider;
  readonly onDone: () => void;
}

export function ChecksCard({ provider, onDone }: ChecksCardProps) {
  const spans = spansOf(provider.recentChecks);
  const [last] = spans;
  return (
    <Card
      title="Checks"
      hint="Of address, token and organization, by this node."
      actions={<ActionButton action={checkIdentityProvider} input={{}} onDone={onDone} />}
    >
      {last === undefined ? (
        <p className="text-muted">The first check is still running.</p>
      ) : (
        <div className="grid gap-3">
          <LastCheck of={last} isOutdated={isBeforeOpening(last.check, provider.circuit)} />
          {spans.length > 1 && (
            <ul className="grid gap-2" aria-label="Last known">
              {spans.slice(1).map((span) => (
                <EarlierChecks key={span.since} of={span} />
              ))}
            </ul>
          )}
        </div>
      )}
    </Card>
  );
}

interface LastCheckProps {
  readonly of: CheckSpan;
  /** The circuit opened after this check. */
  readonly isOutdated: boolean;
}

function LastCheck({ of: { check, since, count }, isOutdated }: LastCheckProps) {
  const { isOk, code, message, checkedAt } = check;
  const text = (
    <>
      <p className="font-medium">
        {isOk ? 'The last check passed' : 'The last check failed'}, <Time at={checkedAt} />
        {isOutdated && ', before the circuit opened'}
      </p>
      <p className="break-words">{message}</p>
      {code !== null && (
        <p className="mt-1">
          <Code>{code}</Code>
        </p>
      )}
      {count > 1 && (
        <p className="text-sm">
          {counted(count, 'check', 'checks')} in a row, since <Time at={since} as="clock" />.
        </p>
      )}
    </>
  );
  // Only what needs attention is coloured.
  return isOk && code === null && !isOutdated ? (
    <div className="flex gap-2.5">
      <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
      <div className="min-w-0">{text}</div>
    </div>
  ) : (
    <Notice tone={!isOk ? 'bad' : isOutdated ? 'info' : 'warn'}>{text}</Notice>
  );
}

const EarlierChecks = ({ of: { check, since, count } }: { readonly of: CheckSpan }) => (
  <li className="grid gap-0.5">
    <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
      <Badge tone={!check.isOk ? 'bad' : check.code === null ? 'good' : 'warn'}>
        {check.isOk ? 'Passed' : 'Failed'}
      </Badge>
      <span className="text-sm text-muted">
        {count === 1 ? (
          <Time at={since} as="clock" />
        ) : (
          <>
            {counted(count, 'time', 'times')}, from <Time at={since} as="clock" /> to{' '}
            <Time at={check.checkedAt} as="clock" />
          </>
        )}
      </span>
    </span>
    {!check.isOk && <span className="text-sm break-words">{check.message}</span>}
  </li>
);

/* The circuit's transitions, newest first: when, by whom, and why. */

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
        <p className="max-w-prose px-4 pb-4 text-muted">
          It has never opened. It opens when the provider refuses our token or several entries in a row fail, and closes
          when a probe succeeds.
        </p>
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
