/**
 * Explains a schedule's state in the API's words: its last fire, and what blocks the next one, each blocker with its
 * fix.
 */
import { CureButton } from '../actions/cure-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Time } from '../ui/time.tsx';
import type { Schedule } from './schedule-fields.ts';

/** Leaves out a run in progress, because the page around it shows the run's progress. */
export function Explanation({ of }: { readonly of: Schedule }) {
  const { name, timeZone, explanation, currentRun, previousFireAt, lastFireSummary } = of;
  if (explanation === null) return null;
  const blockers = explanation.blockers.filter(({ __typename }) => __typename !== 'RunGoingOn' || currentRun === null);
  return (
    <div className="grid gap-2">
      <p className="text-muted">
        {lastFireSummary}
        {previousFireAt !== null && (
          <>
            {' ('}
            <Time at={previousFireAt} as="clock" jobZone={timeZone} />)
          </>
        )}
      </p>
      {blockers.map(({ __typename, message, at, cure }) => (
        <Notice
          key={`${__typename} ${message}`}
          tone="warn"
          // The buttons above can resume it.
          actions={cure !== null && __typename !== 'SchedulePaused' && <CureButton cure={cure} subject={name} />}
        >
          {message}
          {at !== null && (
            <>
              {' Until '}
              <Time at={at} as="clock" jobZone={timeZone} />.
            </>
          )}
        </Notice>
      ))}
    </div>
  );
}
