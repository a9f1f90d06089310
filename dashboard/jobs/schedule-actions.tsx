/** The actions on a schedule: run, pause or resume, reschedule. */

import { CalendarCog, Pause, Play, RotateCw } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { useDoing } from '../actions/action-button.tsx';
import { Button } from '../ui/button.tsx';
import { toast } from '../ui/toasts.tsx';
import { pauseJob, rescheduleJob, resumeJob, runJobNow } from './job-actions.ts';
import { RescheduleDialog } from './reschedule-dialog.tsx';
import type { Schedule } from './schedule-facts.tsx';

interface Doable {
  /** Starts the action, or shows why it is disabled. */
  readonly begin: () => void;
  readonly isBusy: boolean;
  readonly offBecause: string | undefined;
}

export interface ScheduleDoing {
  readonly run: Doable;
  /** The one that applies. */
  readonly pauseOrResume: Doable;
  readonly reschedule: Doable;
  /** Render these where the dialogs may open. */
  readonly dialogs: ReactNode;
}

type Actionable = Pick<
  Schedule,
  'name' | 'cron' | 'timeZone' | 'misfirePolicy' | 'isOverridden' | 'isPaused' | 'currentRun'
>;

export function useScheduleActions(schedule: Actionable): ScheduleDoing {
  const { name, isPaused, currentRun } = schedule;
  const input = { jobName: name };
  const run = useDoing({
    action: runJobNow,
    input,
    subject: name,
    disabledBecause: currentRun === null ? undefined : 'It is already running.',
  });
  const pause = useDoing({ action: pauseJob, input, subject: name });
  const resume = useDoing({ action: resumeJob, input, subject: name });
  const permission = usePermission(rescheduleJob.mutation);
  const [isRescheduling, setRescheduling] = useState(false);
  return {
    run: saying(run),
    pauseOrResume: saying(isPaused ? resume : pause),
    reschedule: saying({
      begin: () => setRescheduling(true),
      isBusy: false,
      offBecause: permission.isAllowed ? undefined : permission.reason,
    }),
    dialogs: (
      <>
        {run.dialog}
        {pause.dialog}
        {resume.dialog}
        {isRescheduling && <RescheduleDialog schedule={schedule} onClose={() => setRescheduling(false)} />}
      </>
    ),
  };
}

/** A keyboard shortcut has no tooltip, so a toast says why nothing happens. */
const saying = ({ begin, isBusy, offBecause }: Doable): Doable => ({
  begin: () => (offBecause === undefined ? begin() : toast(offBecause, 'info')),
  isBusy,
  offBecause,
});

interface ScheduleButtonsProps {
  readonly doing: ScheduleDoing;
  readonly isPaused: boolean;
  readonly isSmall?: boolean;
}

export const ScheduleButtons = ({ doing, isPaused, isSmall = false }: ScheduleButtonsProps) => (
  <>
    <DoableButton of={doing.run} icon={Play} isSmall={isSmall}>
      Run now
    </DoableButton>
    <DoableButton
      of={doing.pauseOrResume}
      icon={isPaused ? RotateCw : Pause}
      isSmall={isSmall}
      kind={isPaused ? 'primary' : 'plain'}
    >
      {isPaused ? 'Resume' : 'Pause'}
    </DoableButton>
    <DoableButton of={doing.reschedule} icon={CalendarCog} isSmall={isSmall}>
      Reschedule
    </DoableButton>
    {doing.dialogs}
  </>
);

interface DoableButtonProps {
  readonly of: Doable;
  readonly icon: typeof Play;
  readonly isSmall: boolean;
  readonly kind?: 'primary' | 'plain';
  readonly children: string;
}

const DoableButton = ({ of, icon, isSmall, kind, children }: DoableButtonProps) => (
  <Button
    icon={icon}
    isSmall={isSmall}
    kind={kind}
    isBusy={of.isBusy}
    disabledBecause={of.offBecause}
    onClick={of.begin}
  >
    {children}
  </Button>
);
