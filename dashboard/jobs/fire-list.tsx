/** The fires of a day or of all shown months, newest first; a gap is one row. */

import { useRef } from 'react';
import { Link } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { None, Status } from '../ui/text.tsx';
import { Length, Time } from '../ui/time.tsx';
import { count, FIRE_OUTCOME, RUN_STATUS } from '../ui/words.ts';
import { type FireRow, foldGaps, OUTCOMES, olderThan } from './fire.rules.ts';
import { OutcomeIcon } from './fires.tsx';
import type { Day, LedgerAddress } from './ledger-address.ts';

const Fires = graphql(`
  query Fires($jobName: String!, $from: DateTime!, $to: DateTime!, $outcome: [FireOutcome!]) {
    fires(jobName: $jobName, from: $from, to: $to, outcome: $outcome, first: 30) {
      pageInfo { hasNextPage }
      nodes {
        at outcome reason lag actor scheduleVersion
        gap { firstAt lastAt count }
        node { id name }
        run { id runId status }
      }
    }
  }
`);
type Row = FireRow<NonNullable<ResultOf<typeof Fires>['fires']>['nodes'][number]>;

interface FireListProps {
  readonly jobName: string;
  readonly jobZone: string;
  readonly from: string;
  readonly to: string;
  /** The selected day or hour in words; undefined: all that the calendar shows. */
  readonly title: string | undefined;
  /** The days whose fires are counted for each outcome in the filter. */
  readonly days: readonly Day[];
  readonly address: LedgerAddress;
}

/** Why, node and version have a column only where they say something about the rows. */
function columnsFor(rows: readonly Row[], jobZone: string): readonly Column<Row>[] {
  const several = (of: (row: Row) => unknown): boolean => new Set(rows.map(of)).size > 1;
  return [
    {
      name: 'Due',
      cell: ({ fire: { at, gap } }) =>
        gap === null || gap.count === 1 ? (
          <Time at={at} as="clock" jobZone={jobZone} />
        ) : (
          <div>
            <Time at={gap.firstAt} as="clock" jobZone={jobZone} /> to{' '}
            <Time at={gap.lastAt} as="clock" jobZone={jobZone} />
            <p className="text-sm text-muted">One gap of {count(gap.count)} fires</p>
          </div>
        ),
    },
    { name: 'Outcome', cell: ({ fire: { outcome } }) => <Status of={FIRE_OUTCOME[outcome]} /> },
    { name: 'Lag', align: 'right', cell: ({ fire: { lag } }) => <Length of={lag} /> },
    ...when(
      rows.some(({ fire: { reason, actor } }) => reason !== null || actor !== null),
      {
        name: 'Why',
        cell: ({ fire: { reason, actor } }) => (
          <span className="block md:min-w-72">
            {reason ?? <None />}
            {actor !== null && <span className="text-muted"> By {actor}.</span>}
          </span>
        ),
      },
    ),
    ...when(
      several(({ fire }) => fire.node?.name),
      { name: 'Node', cell: ({ fire }) => fire.node?.name ?? <None /> },
    ),
    ...when(
      several(({ fire }) => fire.scheduleVersion),
      {
        name: 'Version',
        align: 'right',
        cell: ({ fire }) => fire.scheduleVersion,
      },
    ),
    {
      name: 'Run',
      align: 'right',
      cell: ({ fire: { run } }) =>
        run === null ? (
          <None />
        ) : (
          <Link href={`/runs/${run.runId}`} className="text-accent hover:underline">
            {RUN_STATUS[run.status].text}
          </Link>
        ),
    },
  ];
}

const when = (isSo: boolean, column: Column<Row>): readonly Column<Row>[] => (isSo ? [column] : []);

export function FireList({ jobName, jobZone, from, to, title, days, address }: FireListProps) {
  const { isAllowed, reason } = usePermission('fires');
  const { outcomes, until, set } = address;
  const isWithin = until !== undefined && Date.parse(until) > Date.parse(from) && Date.parse(until) < Date.parse(to);
  const end = isWithin ? until : to;
  const shown = useRef<readonly string[]>([]);
  const result = useLiveQuery({
    query: Fires,
    variables: { jobName, from, to: end, ...(outcomes.length > 0 && { outcome: [...outcomes] }) },
    on: ['SCHEDULE', 'JOB_RUN'],
    isAbout: ({ SCHEDULE, JOB_RUN }) =>
      SCHEDULE?.keys.has(jobName) === true || shown.current.some((runId) => JOB_RUN?.keys.has(runId) === true),
    isPaused: !isAllowed,
  });
  shown.current = (result.data?.fires?.nodes ?? []).flatMap(({ run }) => (run === null ? [] : [run.runId]));
  return (
    <Card
      title={title === undefined ? 'Fires' : `Fires of ${title}`}
      hint="Newest first. A gap is one row."
      isFlush
      actions={
        title !== undefined && (
          <Button isSmall onClick={() => set({ day: undefined })}>
            Show all
          </Button>
        )
      }
    >
      <OutcomeFilter days={days} address={address} />
      {!isAllowed && <Notice tone="info">{reason}</Notice>}
      <Loaded result={result}>
        {({ fires }) => {
          const nodes = fires?.nodes ?? [];
          const rows = foldGaps(nodes);
          const older = olderThan(nodes, from, fires?.pageInfo.hasNextPage ?? false);
          return (
            <>
              <Table
                label={`Fires of ${jobName}`}
                columns={columnsFor(rows, jobZone)}
                rows={rows}
                keyOf={({ fire }) => fire.at}
                empty={
                  <Empty title={outcomes.length > 0 ? 'No fire matches.' : 'No fires were due.'}>
                    {outcomes.length > 0
                      ? 'Choose other outcomes, or another time.'
                      : 'Each fire appears here with its outcome.'}
                  </Empty>
                }
              />
              {(isWithin || older !== undefined) && (
                <nav aria-label="Pages of the list" className="flex justify-between gap-2 border-t px-4 py-2">
                  <Button
                    isSmall
                    disabledBecause={isWithin ? undefined : 'This is the newest page.'}
                    onClick={() => set({ until: undefined })}
                  >
                    To the newest
                  </Button>
                  <Button
                    isSmall
                    disabledBecause={older === undefined ? 'This is the oldest page.' : undefined}
                    onClick={() => set({ until: older })}
                  >
                    Older
                  </Button>
                </nav>
              )}
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

function OutcomeFilter({ days, address: { outcomes, set } }: Pick<FireListProps, 'days' | 'address'>) {
  const totals = new Map<string, number>();
  for (const { counts } of days)
    for (const { outcome, count: size } of counts) totals.set(outcome, (totals.get(outcome) ?? 0) + size);
  const offered = OUTCOMES.toReversed().filter((one) => totals.has(one) || outcomes.includes(one));
  if (offered.length < 2 && outcomes.length === 0) return null;
  return (
    <fieldset className="flex flex-wrap gap-1.5 px-4 pb-3">
      <legend className="sr-only">Only these outcomes</legend>
      {offered.map((one) => {
        const isOn = outcomes.includes(one);
        const next = isOn ? outcomes.filter((other) => other !== one) : [...outcomes, one];
        return (
          <Button
            key={one}
            isSmall
            aria-pressed={isOn}
            onClick={() => set({ outcome: next.join(',') })}
            className={isOn ? 'border-accent! bg-accent-soft!' : ''}
          >
            <OutcomeIcon of={one} />
            {FIRE_OUTCOME[one].text}
            <span className="text-muted">{count(totals.get(one) ?? 0)}</span>
          </Button>
        );
      })}
      {outcomes.length > 0 && (
        <Button isSmall kind="ghost" onClick={() => set({ outcome: undefined })}>
          All outcomes
        </Button>
      )}
    </fieldset>
  );
}
