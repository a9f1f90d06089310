/**
 * The outcomes of a job's newest fires, one mark each; a tooltip gives the time, the outcome, the delay and the reason.
 */

import { CalendarSync, Check, CheckCheck, CircleSlash, Clock, Layers, Pause, SkipForward } from 'lucide-react';
import { usePermission } from '../access/viewer.tsx';
import { serverNow } from '../graphql/client.ts';
import { type EnumOf, graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Strip } from '../ui/graphs.tsx';
import { brief, durationMs, lengthOf } from '../ui/instants.rules.ts';
import { useZone } from '../ui/preferences.ts';
import { Badge, Status } from '../ui/text.tsx';
import { Time, useNow } from '../ui/time.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { DST_NOTE, FIRE_OUTCOME } from '../ui/words.ts';
import { type FireOutcome, isSkipped, wallTime } from './fire.rules.ts';

const NewestFires = graphql(`
  query NewestFires($jobName: String!, $from: DateTime!, $to: DateTime!) {
    fires(jobName: $jobName, from: $from, to: $to, first: 60) {
      nodes { at outcome lag reason }
    }
  }
`);
const DAY_MS = 86_400_000;
/** Far enough back that a job that fires once a day fills the strip. */
const DAYS_BACK = 90;

export function FireStrip({ jobName, timeZone }: { readonly jobName: string; readonly timeZone: string }) {
  const { isAllowed, reason: refusal } = usePermission('fires');
  const today = useNow(DAY_MS);
  const zone = useZone(timeZone);
  const { data, problem } = useLiveQuery({
    query: NewestFires,
    variables: {
      jobName,
      from: new Date(today - DAYS_BACK * DAY_MS).toISOString(),
      to: new Date(today + 2 * DAY_MS).toISOString(),
    },
    // Resolving a fire changes its schedule: the next fire is a different one.
    on: ['SCHEDULE'],
    isAbout: ({ SCHEDULE }) => SCHEDULE?.keys.has(jobName) === true,
    isPaused: !isAllowed,
  });
  if (!isAllowed) return <span className="text-muted">{refusal}</span>;
  if (problem !== undefined && data === undefined) return <span className="text-bad">{problem}</span>;
  const fires = data?.fires?.nodes;
  if (fires === undefined) return <span className="inline-block h-5 w-48 animate-pulse rounded bg-raised" />;
  if (fires.length === 0) return <span className="text-muted">None yet</span>;
  const text = ({ at, outcome, lag, reason }: (typeof fires)[number]): string => {
    const late = lag === null ? undefined : durationMs(lag);
    return [
      `${brief(Date.parse(at), serverNow(), zone)}: ${FIRE_OUTCOME[outcome].text}`,
      late === undefined ? undefined : `Started ${lengthOf(late)} late`,
      reason ?? undefined,
    ]
      .filter((part) => part !== undefined)
      .join('. ');
  };
  return (
    <Strip
      label={`Outcomes of the last ${fires.length} fires of ${jobName}, oldest first`}
      parts={[...fires].reverse().map((fire) => ({
        key: fire.at,
        tone: FIRE_OUTCOME[fire.outcome].tone,
        text: text(fire),
      }))}
    />
  );
}

/* The next fires, each with the time left and the effect of a clock change. */

interface FireTime {
  readonly at: string;
  readonly localTime: string;
  readonly dst: EnumOf<'DstNote'> | null;
}

interface FireTimesProps {
  readonly label: string;
  readonly of: readonly FireTime[];
  readonly jobZone?: string;
  /** The job's pause: fires before its end are marked as skipped. */
  readonly pause?: { readonly until: string | null } | null;
  /** A preview of a schedule: in its own zone, which each time names, and without the time left. */
  readonly isPreview?: boolean;
}

export const FireTimes = ({ label, of, jobZone, pause = null, isPreview = false }: FireTimesProps) => (
  <ol aria-label={label} className="divide-y">
    {of.map((fire) => (
      <li key={fire.at} className="flex flex-wrap items-baseline justify-between gap-x-3 gap-y-0.5 py-1">
        <span className="min-w-0">
          {isPreview ? wallTime(fire.localTime, serverNow()) : <Time at={fire.at} as="clock" jobZone={jobZone} />}
          <DstMark of={fire.dst} />
        </span>
        {isSkipped(fire.at, pause) ? (
          <Status of={FIRE_OUTCOME.SKIPPED_PAUSED} />
        ) : (
          !isPreview && (
            <span className="text-muted">
              <Time at={fire.at} as="left" />
            </span>
          )
        )}
      </li>
    ))}
  </ol>
);

/** Renders nothing when no clock change affects the fire. */
export const DstMark = ({ of }: { readonly of: EnumOf<'DstNote'> | null }) =>
  of === null ? null : (
    <Tooltip text={DST_NOTE[of]}>
      <span className="ml-2">
        <Badge tone="warn">
          <CalendarSync aria-hidden className="size-3" />
          {of === 'SHIFTED_BY_GAP' ? 'shifted' : of === 'FIRST_OF_REPEATED' ? 'first of two' : 'second of two'}
          <span className="sr-only">: {DST_NOTE[of]}</span>
        </Badge>
      </span>
    </Tooltip>
  );

/* An icon per outcome, so that the calendar does not depend on colour. */

const ICONS: Readonly<Record<FireOutcome, typeof Check>> = {
  ON_TIME: Check,
  LATE: Clock,
  CAUGHT_UP: CheckCheck,
  SKIPPED_OVERLAP: Layers,
  SKIPPED_PAUSED: Pause,
  SKIPPED_POLICY: SkipForward,
  MISSED: CircleSlash,
};

export const OutcomeIcon = ({ of }: { readonly of: FireOutcome }) => {
  const Icon = ICONS[of];
  return <Icon aria-hidden className="size-3.5 shrink-0" />;
};
