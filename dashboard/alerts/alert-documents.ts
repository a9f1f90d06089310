/** The queries of the alerts page. */

import { usePermission } from '../access/viewer.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';

export const ActiveQuery = graphql(`
  query ActiveAlerts {
    alerts(first: 100, filter: { isOn: true }) {
      nodes {
        id alertId rule title groupKey severity summary count startedAt raisedAt isSilenced notFoundAt
        subject { kind key }
        explanation { blockers { __typename message cure { label mutation input } } }
      }
      pageInfo { hasNextPage }
    }
  }
`);
export type ActiveAlert = NonNullable<ResultOf<typeof ActiveQuery>['alerts']>['nodes'][number];

export const HistoryQuery = graphql(`
  query AlertHistory($filter: AlertFilter, $first: Int, $after: String, $last: Int, $before: String) {
    alerts(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes {
        id alertId rule title severity summary count startedAt raisedAt resolvedAt announcedAt isOn isSilenced
        subject { kind key }
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`);
export type PastAlert = NonNullable<ResultOf<typeof HistoryQuery>['alerts']>['nodes'][number];

const SilencesQuery = graphql(`
  query AlertSilences {
    alertSilences {
      silenceId rule title groupKey reason createdAt createdBy endsAt endedAt endedBy
      alert { id summary title }
    }
  }
`);
export type Silence = NonNullable<ResultOf<typeof SilencesQuery>['alertSilences']>[number];

export const RulesQuery = graphql(`
  query AlertRules {
    alertRules { name title description threshold thresholdName severity state activeCount evaluatedAt }
  }
`);
export type Rule = NonNullable<ResultOf<typeof RulesQuery>['alertRules']>[number];

/* All silences, including ended ones. Also polled, since their expiry is published late. */

export const useSilences = () =>
  useLiveQuery({
    query: SilencesQuery,
    variables: {},
    on: ['ALERT'],
    everyMs: 15_000,
    isPaused: !usePermission('alertSilences').isAllowed,
  });
