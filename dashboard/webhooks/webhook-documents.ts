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
