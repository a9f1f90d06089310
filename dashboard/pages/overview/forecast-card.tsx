/** The entries that become due in the next 24 hours. */
import { usePermission } from '../../access/viewer.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { Card } from '../../ui/card.tsx';
import { Chart } from '../../ui/chart.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Empty, Notice } from '../../ui/notice.tsx';
import { useNow } from '../../ui/now.ts';
import { count, counted } from '../../ui/words.ts';
import { inSteps } from './forecast.rules.ts';

const Forecast = graphql(`
  query Forecast {
    queueForecast { dueNowCount dueLaterCount duePerMinute { startsAt count } }
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
              {later > 0 && (
                <p className="mt-1 text-sm text-muted">{counted(later, 'entry is', 'entries are')} due after that.</p>
              )}
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}
