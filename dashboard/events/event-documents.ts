/** The queries of the events page. Payloads are loaded for one event at a time. */

import { graphql, type ResultOf } from '../graphql/graphql.ts';

export const StatisticsQuery = graphql(`
  query OutboxStatistics {
    outboxStatistics {
      pendingCount waitingCount parkedCount oldestPendingAge publishedPerSecond lastPublishedAt
    }
  }
`);

export const EventsQuery = graphql(`
  query OutboxEvents($filter: OutboxEventFilter, $first: Int, $after: String, $last: Int, $before: String) {
    outboxEvents(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes {
        id eventId eventType sequence aggregateType aggregateId aggregateName createdAt state retryCount errorMessage nextAttemptAt
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`);
export type EventRow = NonNullable<ResultOf<typeof EventsQuery>['outboxEvents']>['nodes'][number];

export const EventQuery = graphql(`
  query OutboxEvent($id: ID!) {
    node(id: $id) {
      __typename
      ... on OutboxEvent {
        id eventId eventType eventVersion sequence aggregateType aggregateId aggregateName familyId payload state createdAt
        processedAt parkedAt nextAttemptAt retryCount errorMessage redeliveredAt
      }
    }
  }
`);
export type WholeEvent = Extract<NonNullable<ResultOf<typeof EventQuery>['node']>, { __typename: 'OutboxEvent' }>;
