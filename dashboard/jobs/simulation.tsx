/** Simulates a downtime: what each misfire policy would do with the job's fires. */

import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { serverNow } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { InstantField } from '../ui/field.tsx';
import { Shares } from '../ui/graphs.tsx';
import { instantIn } from '../ui/list-address.rules.ts';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Badge, Status } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { count, FIRE_OUTCOME, MISFIRE_POLICY } from '../ui/words.ts';
import { foldGaps } from './fire.rules.ts';
import { RescheduleDialog } from './reschedule-dialog.tsx';
import type { Schedule } from './schedule-facts.tsx';

const SimulateDowntime = graphql(`
  query SimulateDowntime($jobName: String!, $from: DateTime!, $to: DateTime!) {
    simulateDowntime(jobName: $jobName, from: $from, to: $to) {
      misfirePolicy isInForce
      counts { outcome count }
      fires { at outcome reason gap { firstAt lastAt count } }
    }
  }
`);
type Simulated = NonNullable<ResultOf<typeof SimulateDowntime>['simulateDowntime']>[number];

const HOUR_MS = 3_600_000;
const SPANS = [
  ['1 hour', HOUR_MS],
  ['A night', 8 * HOUR_MS],
  ['A day and a half', 36 * HOUR_MS],
  ['A week', 168 * HOUR_MS],
] as const;
/**
 * Half a minute past, so that a job that fires every minute has no fire due exactly at an end of the downtime;
 * such a fire would represent the missed ones before it.
 */
const OFF_THE_MINUTE_MS = 30_000;
const hour = (at: number): string => new Date(Math.floor(at / HOUR_MS) * HOUR_MS + OFF_THE_MINUTE_MS).toISOString();

export function Simulation({ schedule }: { readonly schedule: Schedule }) {
  const [search, setSearch] = useSearchParams();
  const { isAllowed, reason } = usePermission('simulateDowntime');
  const from = instantIn(search.get('from')) ?? hour(serverNow() - 8 * HOUR_MS);
  const to = instantIn(search.get('to')) ?? hour(serverNow());
  const isOrdered = Date.parse(from) < Date.parse(to);
  const result = useLiveQuery({
    query: SimulateDowntime,
    variables: { jobName: schedule.name, from, to },
    on: ['SCHEDULE'],
    isAbout: ({ SCHEDULE }) => SCHEDULE?.keys.has(schedule.name) === true,
    isPaused: !isAllowed || !isOrdered,
  });
  const put = (span: { from?: string | undefined; to?: string | undefined }): void =>
    setSearch({ tab: 'simulation', from: span.from ?? from, to: span.to ?? to }, { replace: true });
  if (!isAllowed) return <Notice tone="info">{reason}</Notice>;
  return (
    <Card
      title="Simulate a downtime"
      hint="Shows what would happen to its fires if no server ran for a while, with the current schedule and pause. Changes nothing."
    >
      <div className="mb-4 flex flex-wrap items-start gap-x-3 gap-y-2">
        <div className="w-56">
          <InstantField
            label="Down from"
            value={from}
            problem={isOrdered ? undefined : 'Must be before the server is up again.'}
            onInstant={(value) => put({ from: value })}
          />
        </div>
        <div className="w-56">
          <InstantField
            label="Up again at"
            value={to}
            hint={Date.parse(to) % 60_000 === OFF_THE_MINUTE_MS ? 'Half a minute past, between fires.' : undefined}
            onInstant={(value) => put({ to: value })}
          />
        </div>
        <fieldset className="flex flex-wrap gap-1 sm:mt-6">
          <legend className="sr-only">Downtime</legend>
          {SPANS.map(([name, ms]) => (
            <Button key={name} onClick={() => put({ from: new Date(Date.parse(to) - ms).toISOString() })}>
              {name}
            </Button>
          ))}
        </fieldset>
      </div>
      {isOrdered && (
        <Loaded result={result}>
          {({ simulateDowntime }) => (
            <div className="grid items-start gap-4 lg:grid-cols-3">
              {(simulateDowntime ?? []).map((one) => (
                <Policy key={one.misfirePolicy} of={one} schedule={schedule} />
              ))}
            </div>
          )}
        </Loaded>
      )}
    </Card>
  );
}

/** The distinct reasons for an outcome. */
const reasonsOf = (fires: Simulated['fires'], of: Simulated['fires'][number]['outcome']): string[] => [
  ...new Set(fires.flatMap(({ outcome, reason }) => (outcome === of && reason !== null ? [reason] : []))),
];

function Policy({
  of: { misfirePolicy, isInForce, counts, fires },
  schedule,
}: {
  readonly of: Simulated;
  readonly schedule: Schedule;
}) {
  const [isTaking, setTaking] = useState(false);
  const permission = usePermission('rescheduleJob');
  return (
    <section
      aria-label={MISFIRE_POLICY[misfirePolicy]}
      className={`min-w-0 rounded-lg border p-3 ${isInForce ? 'border-accent' : ''}`}
    >
      <div className="mb-2 flex min-h-7 items-center justify-between gap-2">
        <h3 className="font-medium">{MISFIRE_POLICY[misfirePolicy]}</h3>
        {isInForce ? (
          <Badge tone="good">In force</Badge>
        ) : (
          <Button
            isSmall
            disabledBecause={permission.isAllowed ? undefined : permission.reason}
            onClick={() => setTaking(true)}
          >
            Use this policy
          </Button>
        )}
      </div>
      {isTaking && (
        <RescheduleDialog schedule={schedule} initial={{ misfirePolicy }} onClose={() => setTaking(false)} />
      )}
      {counts.length === 0 ? (
        <Empty title="No fires would be due." />
      ) : (
        <>
          <Shares
            label={MISFIRE_POLICY[misfirePolicy]}
            parts={counts.map(({ outcome, count: value }) => ({
              name: FIRE_OUTCOME[outcome].text,
              value,
              tone: FIRE_OUTCOME[outcome].tone,
            }))}
          />
          <ul className="mt-2 grid gap-1">
            {counts.map(({ outcome, count: value }) => (
              <li key={outcome} className="flex flex-wrap items-center justify-between gap-x-2">
                <Status of={FIRE_OUTCOME[outcome]} />
                <strong>{count(value)}</strong>
                {reasonsOf(fires, outcome).map((reason) => (
                  <p key={reason} className="basis-full text-sm text-muted">
                    {reason}
                  </p>
                ))}
              </li>
            ))}
          </ul>
          <details className="mt-2">
            <summary className="text-sm text-muted">The fires</summary>
            <ol className="mt-1 divide-y" aria-label="The fires">
              {foldGaps(fires).map(({ fire }) => (
                <li key={fire.at} className="py-1.5">
                  <p className="flex flex-wrap items-center justify-between gap-x-2">
                    <span>
                      <Time at={fire.gap?.firstAt ?? fire.at} as="clock" jobZone={schedule.timeZone} />
                      {fire.gap !== null && fire.gap.count > 1 && (
                        <>
                          {' to '}
                          <Time at={fire.gap.lastAt} as="clock" jobZone={schedule.timeZone} />, {count(fire.gap.count)}
                        </>
                      )}
                    </span>
                    <Status of={FIRE_OUTCOME[fire.outcome]} />
                  </p>
                  {fire.reason !== null && <p className="text-sm text-muted">{fire.reason}</p>}
                </li>
              ))}
            </ol>
          </details>
        </>
      )}
    </section>
  );
}
