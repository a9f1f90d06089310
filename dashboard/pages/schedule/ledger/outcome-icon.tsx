/** An icon per outcome, so that the calendar does not depend on colour. */
import { Check, CheckCheck, CircleSlash, Clock, Layers, Pause, SkipForward } from 'lucide-react';
import type { FireOutcome } from '../../../jobs/fire.rules.ts';

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
