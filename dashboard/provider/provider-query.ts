/** The queries of the provider page, including the simulator that may replace the provider. */

import { graphql, type ResultOf } from '../graphql/graphql.ts';

export const ProviderQuery = graphql(`
  query Provider($transitions: Int!) {
    identityProvider {
      name url instanceHost organizationId tokenKind tokenExpiresAt latencyP50 latencyP95
      recentChecks(first: 100) { checkedAt isOk code message }
      circuit {
        state cause reason openedAt openedBy nextProbeAt
        transitions(first: $transitions) { from to changedAt cause actor reason }
      }
    }
  }
`);
export type Provider = NonNullable<ResultOf<typeof ProviderQuery>['identityProvider']>;
export type Circuit = Provider['circuit'];
export type Transition = Circuit['transitions'][number];

export const SimulatorQuery = graphql(`
  query Simulator {
    simulator { fault delay changedAt changedBy reason }
  }
`);

export const ActivityQuery = graphql(`
  query ProviderActivity($from: DateTime!, $to: DateTime!, $buckets: Int!) {
    queueActivity(from: $from, to: $to, buckets: $buckets) {
      bucketLength
      buckets {
        startsAt succeededCount transientFailureCount permanentFailureCount otherCount durationP50 durationP95
      }
      errors { errorCode outcome count lastAt }
    }
  }
`);
export type Activity = NonNullable<ResultOf<typeof ActivityQuery>['queueActivity']>;
