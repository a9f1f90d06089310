/** Pauses and limits of the queue. The live stream does not publish them, so they are polled. */
import { usePermission } from '../../access/viewer.tsx';
import { graphql, type ResultOf } from '../../graphql/graphql.ts';
import { useLiveQuery } from '../../live/use-live.ts';

const Control = graphql(`
  query QueueControl {
    queueControl {
      pauses { family { id familyId name } pausedAt pausedBy reason endsAt }
      limits { startsPerSecond concurrency burst updatedAt updatedBy }
    }
  }
`);

export type Control = NonNullable<ResultOf<typeof Control>['queueControl']>;

const EVERY_MS = 5_000;

export const useControl = () =>
  useLiveQuery({
    query: Control,
    variables: {},
    everyMs: EVERY_MS,
    isPaused: !usePermission('queueControl').isAllowed,
  });
