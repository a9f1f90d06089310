/** Why a schedule stands as it does, in the API's words, with each thing in the way and its cure. */
import { CureButton } from '../actions/cure-button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Prose } from '../ui/prose.tsx';
import type { Schedule } from './schedule-fields.ts';

/** A run that is going on is shown with its progress by whoever shows this; its message stays in the summary. */
export function Explanation({ of: { name, timeZone, explanation, currentRun } }: { readonly of: Schedule }) {
  if (explanation === null) return null;
  const blockers = explanation.blockers.filter(({ __typename }) => __typename !== 'RunGoingOn' || currentRun === null);
  // The API's summary is whole by itself; what stands below it in a notice is not said twice.
  const summary = blockers.reduce((rest, { message }) => rest.replace(message, ''), explanation.summary).trim();
  return (
    <div className="grid gap-2">
      <p className="text-muted">
        <Prose text={summary} jobZone={timeZone} />
      </p>
      {blockers.map(({ __typename, message, cure }) => (
        <Notice
          key={`${__typename} ${message}`}
          tone="warn"
          // To resume it is among what can be done to the job, which stands above.
          actions={cure !== null && __typename !== 'SchedulePaused' && <CureButton cure={cure} subject={name} />}
        >
          <Prose text={message} jobZone={timeZone} />
        </Notice>
      ))}
    </div>
  );
}
