/** A schedule's timing, its pause, and the result of its last run, shared by the cards and the page. */
import { Link } from 'wouter';
import { Badge, Status } from '../ui/badge.tsx';
import { Facts } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { Notice } from '../ui/notice.tsx';
import { Length, Time } from '../ui/time.tsx';
import { MISFIRE_POLICY, RUN_STATUS } from '../ui/words.ts';
import { capital } from './fire.rules.ts';
import { FireStrip } from './fire-strip.tsx';
import { RunTimes } from './run-times.tsx';
import type { Schedule } from './schedule-fields.ts';

export function ScheduleState({ of: { isPaused, currentRun, isOverridden } }: { readonly of: Schedule }) {
  return (
    <>
      {isPaused && <Badge tone="warn">Paused</Badge>}
      {currentRun !== null && <Badge tone="info">Running</Badge>}
      {isOverridden && <Badge>Differs from the code</Badge>}
    </>
  );
}

/** Renders nothing when the explanation already shows the pause with its fix. */
export function PauseNotice({ of: { pause, timeZone, explanation } }: { readonly of: Schedule }) {
  const isSaid = explanation?.blockers.some(({ __typename }) => __typename === 'SchedulePaused') === true;
  if (pause === null || isSaid) return null;
  return (
    <Notice tone="warn">
      {pause.by ?? 'Someone'} paused it <Time at={pause.pausedAt} jobZone={timeZone} />
      {pause.until === null ? ', until it is resumed' : ', until '}
      {pause.until !== null && <Time at={pause.until} as="clock" jobZone={timeZone} />}
      {pause.reason === null ? '.' : `: ${pause.reason}`}
    </Notice>
  );
}

export function ScheduleFacts({ of }: { readonly of: Schedule }) {
  const { name, cron, cronDescription, timeZone, misfirePolicy, lastRun, pause } = of;
  return (
    <Facts
      of={[
        [
          'Schedule',
          <span key="schedule">
            {capital(cronDescription)}{' '}
            <span className="whitespace-nowrap">
              <Code>{cron}</Code>
            </span>{' '}
            <span className="text-muted">{timeZone}</span>
          </span>,
        ],
        ...(pause === null
          ? []
          : [
              [
                'Paused',
                <span key="paused">
                  by {pause.by ?? 'someone'}, <Time at={pause.pausedAt} jobZone={timeZone} />
                  {pause.until === null ? (
                    ', until it is resumed'
                  ) : (
                    <>
                      , until <Time at={pause.until} as="clock" jobZone={timeZone} />
                    </>
                  )}
                </span>,
              ] as const,
            ]),
        ['Misfire policy', MISFIRE_POLICY[misfirePolicy]],
        [
          'Last run',
          lastRun === null ? null : (
            <Link key="last" href={`/runs/${lastRun.runId}`} className="inline-flex flex-wrap items-center gap-x-2">
              <Status of={RUN_STATUS[lastRun.status]} />
              <span className="text-accent underline-offset-2 hover:underline">
                <Time at={lastRun.finishedAt} jobZone={timeZone} />
              </span>
              <span className="text-muted">
                took <Length of={lastRun.duration} />
              </span>
            </Link>
          ),
        ],
        ['Run times', <RunTimes key="times" of={of} />],
        ['Last fires', <FireStrip key="fires" jobName={name} timeZone={timeZone} />],
      ]}
    />
  );
}
