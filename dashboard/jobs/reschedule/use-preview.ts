/**
 * Previews a schedule while the user types: queries after a pause in typing, and keeps the previous preview until the
 * response arrives.
 */
import { useState } from 'react';
import { useQuery } from 'urql';
import { usePermission } from '../../access/viewer.tsx';
import { graphql, type ResultOf } from '../../graphql/graphql.ts';
import { codeOf, issuesOf, problemOf } from '../../graphql/problems.ts';
import { useSettled } from '../../ui/use-settled.ts';
import { type Timing, type TimingProblems, timingProblems } from './reschedule.rules.ts';

const PreviewSchedule = graphql(`
  query PreviewSchedule($input: PreviewScheduleInput!) {
    previewSchedule(input: $input) {
      cronDescription timeZone misfirePolicy
      fireTimes { at localTime dst }
      comparedToAt appearing appearingCount vanishing vanishingCount
      collisions { at jobNames } collisionCount
      shortestInterval averageInterval warnings
    }
  }
`);
export type SchedulePreview = NonNullable<ResultOf<typeof PreviewSchedule>['previewSchedule']>;

interface Previewed {
  /** For the current input unless `isOld`; undefined when the input is invalid. */
  readonly preview: SchedulePreview | undefined;
  readonly isOld: boolean;
  readonly problems: TimingProblems;
}

export function usePreview(jobName: string, timing: Timing, after: string | undefined): Previewed {
  const { isAllowed, reason } = usePermission('previewSchedule');
  const written = JSON.stringify({ jobName, ...timing, after, first: 8 });
  const settled = useSettled(written);
  const isEmpty = timing.cron.trim() === '' || timing.timeZone.trim() === '';
  const [{ data, error, fetching }] = useQuery({
    query: PreviewSchedule,
    variables: { input: JSON.parse(settled) },
    pause: !isAllowed || isEmpty,
    requestPolicy: 'network-only',
  });
  const [kept, setKept] = useState<SchedulePreview>();
  const fresh = data?.previewSchedule ?? undefined;
  if (fresh !== undefined && fresh !== kept) setKept(fresh);
  const refused = error === undefined || fetching ? undefined : error;
  // Beside an invalid input, the previous preview would seem to belong to it.
  const isUnknown = isEmpty || refused !== undefined;
  if (isUnknown && fresh === undefined && kept !== undefined) setKept(undefined);
  if (!isAllowed) return { preview: undefined, isOld: false, problems: { rest: reason } };
  return {
    preview: isUnknown ? undefined : (fresh ?? kept),
    isOld: fetching || settled !== written || fresh === undefined,
    problems: isEmpty
      ? emptyProblems(timing)
      : refused === undefined
        ? {}
        : codeOf(refused) === 'BAD_USER_INPUT'
          ? timingProblems(issuesOf(refused), refused.graphQLErrors[0]?.message ?? '')
          : { rest: problemOf(refused) },
  };
}

const emptyProblems = ({ cron, timeZone }: Timing): TimingProblems => ({
  ...(cron.trim() === '' && { cron: 'Enter a cron or choose a preset.' }),
  ...(timeZone.trim() === '' && { timeZone: 'Enter the time zone of the cron.' }),
});
