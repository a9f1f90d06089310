/** Pauses and limits set by operators, each with a button to change it: they explain why a list does not move. */

import { usePermission } from '../access/viewer.tsx';
import { ActionButton } from '../actions/action-button.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Notice } from '../ui/notice.tsx';
import { Time } from '../ui/time.tsx';
import { count, counted } from '../ui/words.ts';
import { resumeQueue, setQueueLimits } from './queue-actions.ts';

const Control = graphql(`
  query QueueHolds {
    queueControl {
      pauses { family { id familyId name } pausedAt pausedBy reason endsAt }
      limits { startsPerSecond concurrency updatedBy }
    }
  }
`);

/** Further pauses are counted, not listed. */
const PAUSES_SHOWN = 3;

/** `family`: the family filtered by; pauses of other families are then hidden. */
export function QueueHolds({ family }: { readonly family: string | undefined }) {
  const { isAllowed } = usePermission('queueControl');
  const { data, refresh } = useLiveQuery({ query: Control, variables: {}, everyMs: 10_000, isPaused: !isAllowed });
  const pauses = (data?.queueControl?.pauses ?? []).filter(
    (pause) => family === undefined || pause.family === null || pause.family.familyId === family,
  );
  const { startsPerSecond = null, concurrency = null } = data?.queueControl?.limits ?? {};
  const limits = [
    startsPerSecond !== null && `${counted(startsPerSecond, 'attempt', 'attempts')} begun a second`,
    concurrency !== null && `${counted(concurrency, 'attempt', 'attempts')} at a time`,
  ].filter((one) => one !== false);
  return (
    <>
      {pauses.slice(0, PAUSES_SHOWN).map((pause) => (
        <Notice
          key={pause.family?.familyId ?? ''}
          tone="warn"
          actions={
            <ActionButton
              action={resumeQueue}
              input={pause.family === null ? {} : { familyId: pause.family.familyId }}
              subject={pause.family?.name}
              label="Resume"
              onDone={refresh}
            />
          }
        >
          <strong>
            {pause.family === null ? 'The whole queue is paused' : `Entries of ${pause.family.name} are paused`}
          </strong>{' '}
          by {pause.pausedBy} since <Time at={pause.pausedAt} as="clock" />: “{pause.reason.trim()}”.
          {pause.endsAt !== null && (
            <>
              {' '}
              It resumes automatically <Time at={pause.endsAt} />.
            </>
          )}
        </Notice>
      ))}
      {pauses.length > PAUSES_SHOWN && (
        <Notice tone="warn">{count(pauses.length - PAUSES_SHOWN)} more families are paused; see Settings.</Notice>
      )}
      {limits.length > 0 && (
        <Notice
          tone="info"
          actions={
            <ActionButton
              action={setQueueLimits}
              input={{}}
              initial={{ startsPerSecond, concurrency }}
              label="Change the limits"
              onDone={refresh}
            />
          }
        >
          The queue is limited to {limits.join(' and ')}, over all nodes together.
        </Notice>
      )}
    </>
  );
}
