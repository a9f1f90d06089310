/** Attempts, their durations and their errors over a time range that is kept in the address. */

import { Link, useSearchParams } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { useLiveQuery } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { Chart } from '../ui/chart.tsx';
import { SelectField } from '../ui/field.tsx';
import { lengthOf } from '../ui/instants.rules.ts';
import { Loaded } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Status } from '../ui/text.tsx';
import { Time, useNow } from '../ui/time.tsx';
import { ATTEMPT_OUTCOME, count } from '../ui/words.ts';
import { millisecondsOf, SPANS, spanBy, stepOf, totalsOf } from './provider.rules.ts';
import { type Activity, ActivityQuery } from './provider-query.ts';

export function ActivityCards() {
  const [params, setParams] = useSearchParams();
  const span = spanBy(params.get('span'));
  const step = stepOf(span);
  const to = useNow(step) + step;
  const result = useLiveQuery({
    query: ActivityQuery,
    variables: {
      from: new Date(to - span.lengthMs).toISOString(),
      to: new Date(to).toISOString(),
      buckets: span.buckets,
    },
    // Counts over the whole range are expensive: poll them instead of querying on each change.
    everyMs: 15_000,
    of: span.key,
    isPaused: !usePermission('queueActivity').isAllowed,
  });
  const choose = (key: string): void =>
    setParams((before) => ({ ...Object.fromEntries(before), span: key }), { replace: true });
  const choice = (
    <SelectField
      label="Span"
      isLabelHidden
      value={span.key}
      options={SPANS.map(({ key, title }) => [key, title] as const)}
      onChange={({ target }) => choose(target.value)}
    />
  );
  return (
    <>
      <div className="grid gap-4 lg:grid-cols-2 [&>section>header]:min-h-15">
        <Card title="Attempts by outcome" hint={`Each bar is ${lengthOf(step)}.`} actions={choice}>
          <Loaded result={result} height={8}>
            {({ queueActivity }) => <Outcomes title={span.title} buckets={queueActivity?.buckets ?? []} />}
          </Loaded>
        </Card>
        <Card title="Duration of attempts" hint={`Each bar is ${lengthOf(step)}.`}>
          <Loaded result={result} height={8}>
            {({ queueActivity }) => <Lengths title={span.title} buckets={queueActivity?.buckets ?? []} />}
          </Loaded>
        </Card>
      </div>
      <Card title="Errors" hint={`${span.title}, by code.`} isFlush>
        <Loaded result={result} height={8}>
          {({ queueActivity }) => (
            <Table
              label="Errors"
              columns={ERRORS}
              rows={queueActivity?.errors ?? []}
              keyOf={({ errorCode, outcome }) => `${errorCode} ${outcome}`}
              empty={<p className="px-4 pb-4 text-muted">No attempt failed.</p>}
            />
          )}
        </Loaded>
      </Card>
    </>
  );
}

interface OfSpan {
  readonly title: string;
  readonly buckets: Activity['buckets'];
}

const secondsOf = ({ startsAt }: Activity['buckets'][number]): number => Date.parse(startsAt) / 1_000;

/** As high as the chart it replaces. */
const NoAttempt = ({ title }: { readonly title: string }) => (
  <p className="flex min-h-46 items-center justify-center text-muted">{title}: no attempt has ended.</p>
);

function Outcomes({ title, buckets }: OfSpan) {
  const { succeeded, transient, permanent, other } = totalsOf(buckets);
  if (succeeded + transient + permanent + other === 0) return <NoAttempt title={title} />;
  return (
    <Chart
      label={`${title}: ${count(succeeded)} attempts succeeded, ${count(transient)} failed transiently, ${count(permanent)} permanently, ${count(other)} ended otherwise.`}
      times={buckets.map(secondsOf)}
      isStacked
      series={[
        { name: 'Permanent', tone: 'bad', isBars: true, values: buckets.map((one) => one.permanentFailureCount) },
        { name: 'Transient', tone: 'warn', isBars: true, values: buckets.map((one) => one.transientFailureCount) },
        { name: 'Otherwise', tone: 'idle', isBars: true, values: buckets.map((one) => one.otherCount) },
        { name: 'Succeeded', tone: 'good', isBars: true, values: buckets.map((one) => one.succeededCount) },
      ]}
      format={count}
    />
  );
}

function Lengths({ title, buckets }: OfSpan) {
  const { slowestMs } = totalsOf(buckets);
  if (slowestMs === null) return <NoAttempt title={title} />;
  return (
    <Chart
      label={`${title}: the highest p95 is ${lengthOf(slowestMs)}.`}
      times={buckets.map(secondsOf)}
      series={[
        {
          name: 'p95',
          tone: 'info',
          isBars: true,
          values: buckets.map((one) => millisecondsOf(one.durationP95)),
        },
        {
          name: 'p50',
          tone: 'accent',
          isBars: true,
          values: buckets.map((one) => millisecondsOf(one.durationP50)),
        },
      ]}
      format={lengthOf}
    />
  );
}

const ERRORS: readonly Column<Activity['errors'][number]>[] = [
  {
    name: 'Error',
    cell: ({ errorCode }) => (
      <Link
        href={`/queue?errorCode=${encodeURIComponent(errorCode)}`}
        className="font-medium text-accent hover:underline"
      >
        {errorCode}
      </Link>
    ),
  },
  { name: 'Class', cell: ({ outcome }) => <Status of={ATTEMPT_OUTCOME[outcome]} /> },
  { name: 'Attempts', align: 'right', cell: (row) => count(row.count) },
  { name: 'Last seen', align: 'right', cell: ({ lastAt }) => <Time at={lastAt} /> },
];
