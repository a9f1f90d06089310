/** The fields that every view of a schedule queries. */
import { type FragmentOf, graphql } from '../graphql/graphql.ts';

export const RunningFields = graphql(`
  fragment RunningFields on JobRun @_unmask {
    id runId status trigger actor startedAt
    counts { name value }
    progress { doneCount totalCount label updatedAt }
    interruption { by interruptedAt reason }
    job { id name }
  }
`);
export type RunningRun = FragmentOf<typeof RunningFields>;

export const ScheduleFields = graphql(
  `
  fragment ScheduleFields on JobSchedule @_unmask {
    id name description cron cronDescription timeZone misfirePolicy isOverridden isPaused version nextFireAt
    pause { by reason pausedAt until }
    nextFireTimes(first: 5) { at localTime dst }
    currentRun { ...RunningFields }
    lastRun { id runId status finishedAt duration errorMessage }
    previousFireAt lastFireSummary
    explanation { blockers { __typename message at cure { label mutation input } } }
    runs(first: 30) { nodes { id runId status duration startedAt } }
  }
`,
  [RunningFields],
);
export type Schedule = FragmentOf<typeof ScheduleFields>;
