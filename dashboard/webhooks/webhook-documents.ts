/** The query of the webhook list. */

import { graphql, type ResultOf } from '../graphql/graphql.ts';

export const WebhooksQuery = graphql(`
  query Webhooks {
    webhooks {
      id webhookId url description eventTypes state stateReason pendingCount failingSinceAt lastSuccessAt
    }
  }
`);
export type WebhookRow = NonNullable<ResultOf<typeof WebhooksQuery>['webhooks']>[number];

/* The queries of the webhook page. Bodies and attempts are loaded for one delivery at a time. */

export const WebhookQuery = graphql(`
  query Webhook($webhookId: UUID!) {
    webhook(webhookId: $webhookId) {
      id webhookId url description eventTypes state stateReason stateChangedAt stateChangedBy pendingCount
      failingSinceAt lastSuccessAt formerSecretExpiresAt createdAt createdBy updatedAt
    }
  }
`);
export type Webhook = NonNullable<ResultOf<typeof WebhookQuery>['webhook']>;

export const DeliveriesQuery = graphql(`
  query WebhookDeliveries(
    $webhookId: UUID!
    $filter: WebhookDeliveryFilter
    $first: Int
    $after: String
    $last: Int
    $before: String
  ) {
    webhook(webhookId: $webhookId) {
      id
      deliveries(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
        nodes { id deliveryId eventType status isTest attemptCount createdAt closedAt nextAttemptAt redeliveredAt }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  }
`);
export type Delivery = NonNullable<
  NonNullable<ResultOf<typeof DeliveriesQuery>['webhook']>['deliveries']
>['nodes'][number];

export const DeliveryQuery = graphql(`
  query WebhookDelivery($id: ID!) {
    node(id: $id) {
      __typename
      ... on WebhookDelivery {
        id deliveryId eventId eventType status isTest attemptCount createdAt closedAt nextAttemptAt redeliveredAt
        redeliveredBy body
        attempts { number startedAt duration outcome httpStatus answer errorMessage }
      }
    }
  }
`);
export type WholeDelivery = Extract<
  NonNullable<ResultOf<typeof DeliveryQuery>['node']>,
  { __typename: 'WebhookDelivery' }
>;
export type Attempt = WholeDelivery['attempts'][number];
