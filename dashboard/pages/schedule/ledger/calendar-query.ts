/** The days of a ledger with the number of fires per outcome. */
import { graphql, type ResultOf } from '../../../graphql/graphql.ts';

export const FireCalendar = graphql(`
  query FireCalendar($jobName: String!, $from: DateTime!, $to: DateTime!, $timeZone: TimeZone) {
    fireCalendar(jobName: $jobName, from: $from, to: $to, timeZone: $timeZone) {
      date startsAt endsAt dueCount
      counts { outcome count }
    }
  }
`);
export type Day = NonNullable<ResultOf<typeof FireCalendar>['fireCalendar']>[number];
