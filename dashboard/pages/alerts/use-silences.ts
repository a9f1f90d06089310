/** The silences, those that are over included; asked anew when one changes, and now and then: that its time is over is told late. */
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
