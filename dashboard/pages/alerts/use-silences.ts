/** All silences, including ended ones. Also polled, since their expiry is published late. */
import { usePermission } from '../../access/viewer.tsx';
import { useLiveQuery } from '../../live/use-live.ts';
import { SilencesQuery } from './alert-documents.ts';

export const useSilences = () =>
  useLiveQuery({
    query: SilencesQuery,
    variables: {},
    on: ['ALERT'],
    everyMs: 15_000,
    isPaused: !usePermission('alertSilences').isAllowed,
  });
