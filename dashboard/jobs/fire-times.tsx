/** The next fires, each with the time left and the effect of a clock change. */
import { CalendarSync } from 'lucide-react';
import type { EnumOf } from '../graphql/graphql.ts';
import { serverNow } from '../graphql/transport.ts';
import { Badge, Status } from '../ui/badge.tsx';
import { Time } from '../ui/time.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { DST_NOTE, FIRE_OUTCOME } from '../ui/words.ts';
import { isSkipped, wallTime } from './fire.rules.ts';

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
  /** Shows the time left until each fire; off for previews that start in the future. */
  readonly hasCountdown?: boolean;
}

export const FireTimes = ({ label, of, jobZone, pause = null, hasCountdown = true }: FireTimesProps) => (
  <ol aria-label={label} className="divide-y">
    {of.map((fire) => (
      <li key={fire.at} className="flex flex-wrap items-baseline justify-between gap-x-3 gap-y-0.5 py-1">
        <span className="min-w-0">
          {wallTime(fire.localTime, serverNow())}
          <DstMark of={fire.dst} />
        </span>
        {isSkipped(fire.at, pause) ? (
          <Status of={FIRE_OUTCOME.SKIPPED_PAUSED} />
        ) : (
          hasCountdown && (
            <span className="text-muted">
              <Time at={fire.at} as="countdown" jobZone={jobZone} />
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
