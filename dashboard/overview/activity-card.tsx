/** The queue's activity over time: enqueued entries, and attempts that succeeded or failed. */

import { useSearchParams } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { Chart } from '../ui/chart.tsx';
import { SelectField } from '../ui/field.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { useNow } from '../ui/time.tsx';
import { count, counted } from '../ui/words.ts';
import { inSteps } from './overview.rules.ts';

const Activity = graphql(`
  query OverviewActivity($from: DateTime!, $to: DateTime!) {
    queueActivity(from: $from, to: $to, buckets: 60) {
      bucketLength
      buckets { startsAt enqueuedCount succeededCount transientFailureCount permanentFailureCount otherCount }
    }
  }
`);

const SPANS = [
  ['1h', 'Last hour', 3_600_000],
  ['6h', 'Last 6 hours', 21_600_000],
  ['24h', 'Last 24 hours', 86_400_000],
  ['7d', 'Last 7 days', 604_800_000],
] as const;

export function ActivityCard() {
  const [search, setSearch] = useSearchParams();
  const [key, title, length] = SPANS.find(([one]) => one === search.get('span')) ?? SPANS[0];
  // Rounded to whole steps, so that all viewers at the same time send the same query.
  const step = length / 60;
  const to = useNow(step) + step;
  const result = useLiveQuery({
    query: Activity,
    variables: { from: new Date(to - length).toISOString(), to: new Date(to).toISOString() },
    // Counts over the whole range are expensive: poll them instead of querying on each change.
    everyMs: 15_000,
    of: key,
  });
  const choose = (chosen: string): void =>
    setSearch((before) => ({ ...Object.fromEntries(before), span: chosen }), { replace: true });
  return (
    <Card
      title="Attempts over time"
      actions={
        <SelectField
          label="Span"
          isLabelHidden
          value={key}
          options={SPANS.map(([value, text]) => [value, text])}
          onChange={({ target }) => choose(target.value)}
        />
      }
    >
      <Loaded result={result} height={12}>
        {({ queueActivity }) => {
          const buckets = queueActivity?.buckets ?? [];
          const succeeded = buckets.map(({ succeededCount }) => succeededCount);
          const failed = buckets.map((one) => one.transientFailureCount + one.permanentFailureCount + one.otherCount);
          const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
          return (
            <Chart
              label={`${title}: ${count(sum(succeeded))} attempts succeeded, ${count(sum(failed))} failed.`}
              times={buckets.map(({ startsAt }) => Date.parse(startsAt) / 1_000)}
              series={[
                { name: 'Enqueued', tone: 'idle', values: buckets.map(({ enqueuedCount }) => enqueuedCount) },
                { name: 'Succeeded', tone: 'good', values: succeeded },
                { name: 'Failed', tone: 'bad', values: failed },
              ]}
              format={count}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}

/* The entries that become due in the next 24 hours. */

const Forecast = graphql(`
  query Forecast {
    queueForecast { dueLaterCount explanation duePerMinute { startsAt count } }
  }
`);
const STEP_MS = 30 * 60_000;

export function ForecastCard() {
  const { isAllowed, reason } = usePermission('queueForecast');
  const now = useNow(60_000);
  const result = useLiveQuery({ query: Forecast, variables: {}, everyMs: 10_000, isPaused: !isAllowed });
  return (
    <Card title="Due in the next 24 hours">
      {!isAllowed && <Notice tone="info">{reason}</Notice>}
      <Loaded result={result} height={12}>
        {({ queueForecast }) => {
          const steps = inSteps(queueForecast?.duePerMinute ?? [], now, STEP_MS, 48);
          const total = steps.reduce((sum, step) => sum + step.count, 0);
          const later = queueForecast?.dueLaterCount ?? 0;
          if (total === 0 && later === 0)
            return (
              <Empty title="Nothing is due later.">
                Entries wait here that are to be retried, or were enqueued for a later time.
              </Empty>
            );
          return (
            <>
              <Chart
                label={`${counted(total, 'entry becomes', 'entries become')} due in the next 24 hours.`}
                times={steps.map(({ at }) => at / 1_000)}
                series={[
                  {
                    name: 'Due, by the half hour',
                    tone: 'accent',
                    values: steps.map((step) => step.count),
                    isBars: true,
                  },
                ]}
                format={count}
              />
              <p className="mt-1 text-sm text-muted">
                {later > 0 && `${counted(later, 'entry is', 'entries are')} due after that. `}
                {queueForecast?.explanation}
              </p>
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}
