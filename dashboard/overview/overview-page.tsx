/** The system's status at a glance; the cards link to the pages with the details. */

import { Loaded } from '../ui/notice.tsx';
import { Page } from '../ui/page.tsx';
import { ActivityCard, ForecastCard } from './activity-card.tsx';
import { HealthBar } from './health.tsx';
import { useTotals } from './lead-card.tsx';
import { NextFiresCard, QueueCard } from './queue-card.tsx';
import { SystemCards } from './system-cards.tsx';
import { Tour } from './tour/tour.tsx';

export default function OverviewPage() {
  const totals = useTotals();
  return (
    <Page title="Overview">
      <Loaded result={totals}>
        {({ queueStatistics, queueForecast }) =>
          queueStatistics !== null && (
            <>
              <HealthBar statistics={queueStatistics} />
              <Tour totals={queueStatistics} />
              <QueueCard totals={queueStatistics} forecast={queueForecast} />
            </>
          )
        }
      </Loaded>
      <div className="grid gap-4 lg:grid-cols-2 [&>section>header]:min-h-13">
        <ActivityCard />
        <ForecastCard />
      </div>
      <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
        <NextFiresCard />
        <SystemCards />
      </div>
    </Page>
  );
}
