/** One job in the list of schedules. */
import { ChevronRight } from 'lucide-react';
import { useId } from 'react';
import { Link } from 'wouter';
import { Explanation } from '../../jobs/explanation.tsx';
import { FireTimes } from '../../jobs/fire-times.tsx';
import { RunProgress } from '../../jobs/run-progress.tsx';
import { ScheduleButtons, useScheduleActions } from '../../jobs/schedule-actions.tsx';
import { PauseNotice, ScheduleFacts, ScheduleState } from '../../jobs/schedule-facts.tsx';
import type { Schedule } from '../../jobs/schedule-fields.ts';

export function ScheduleCard({ schedule }: { readonly schedule: Schedule }) {
  const { name, description, isPaused, currentRun, nextFireTimes, timeZone, pause } = schedule;
  const doing = useScheduleActions(schedule);
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0 rounded-lg border bg-panel">
      <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-3 pb-3">
        <div className="min-w-0 flex-1 basis-72">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <h2 id={id} className="font-semibold">
              <Link
                href={`/schedules/${name}`}
                className="inline-flex items-center gap-0.5 break-all hover:text-accent hover:underline"
              >
                {name}
                <ChevronRight aria-hidden className="size-4 shrink-0" />
              </Link>
            </h2>
            <ScheduleState of={schedule} />
          </div>
          <p className="text-sm text-muted">{description}</p>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          <ScheduleButtons doing={doing} isPaused={isPaused} isSmall />
        </div>
      </header>
      <div className="grid gap-3 px-4 pb-4">
        {currentRun !== null && <RunProgress run={currentRun} />}
        <PauseNotice of={schedule} />
        <div className="grid items-start gap-x-8 gap-y-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
          <div className="grid min-w-0 gap-3">
            <ScheduleFacts of={schedule} />
            <Explanation of={schedule} />
          </div>
          <div className="min-w-0">
            <h3 className="text-sm text-muted">Next fires</h3>
            {nextFireTimes.length === 0 ? (
              <p>It does not fire again.</p>
            ) : (
              <FireTimes label={`Next fires of ${name}`} of={nextFireTimes} jobZone={timeZone} pause={pause} />
            )}
          </div>
        </div>
      </div>
    </section>
  );
}
