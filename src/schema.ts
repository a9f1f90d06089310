/** The schema: loading a file declares its types and fields. What a noun can do stands in its own folder. */
import { type GraphQLSchema, lexicographicSortSchema } from 'graphql';
import './access/viewer.graphql.ts';
import './access/audit/audit-entry.graphql.ts';
import './access/audit/audit-verification.graphql.ts';
import './access/viewer.graphql.ts';
import './access/tokens/token.graphql.ts';
import './access/viewer.graphql.ts';
import './accounts/bulk/bulk-action.graphql.ts';
import './accounts/bulk/bulk-action.graphql.ts';
import './accounts/bulk/bulk-mutations.graphql.ts';
import './accounts/bulk/entry-bulk-actions.graphql.ts';
import './accounts/bulk/bulk-subscription.graphql.ts';
import './accounts/bulk/entry-bulk-actions.graphql.ts';
import './accounts/control/queue-control.graphql.ts';
import './accounts/enqueue.graphql.ts';
import './accounts/entry-mutations.graphql.ts';
import './accounts/entry-queries.graphql.ts';
import './accounts/entry-subscription.graphql.ts';
import './accounts/entry.graphql.ts';
import './accounts/insight/explanation.graphql.ts';
import './accounts/insight/failure-group.graphql.ts';
import './accounts/insight/queue-activity.graphql.ts';
import './accounts/insight/queue-forecast.graphql.ts';
import './alerts/alert.graphql.ts';
import './alerts/alert.graphql.ts';
import './alerts/alert.graphql.ts';
import './alerts/silence.graphql.ts';
import './events/changes/change-subscription.graphql.ts';
import './events/changes/change-subscription.graphql.ts';
import './events/outbox/outbox.graphql.ts';
import './events/outbox/outbox.graphql.ts';
import './events/webhooks/delivery-mutations.graphql.ts';
import './events/webhooks/delivery.graphql.ts';
import './events/webhooks/webhook-mutations.graphql.ts';
import './events/webhooks/webhook.graphql.ts';
import './families/family.graphql.ts';
import './identity/identity.graphql.ts';
import './identity/identity-mutations.graphql.ts';
import './identity/identity.graphql.ts';
import './identity/simulator/simulator.graphql.ts';
import './jobs/ledger/fire.graphql.ts';
import './jobs/ledger/fire.graphql.ts';
import './jobs/ledger/ledger-audit.graphql.ts';
import './jobs/preview/preview.graphql.ts';
import './jobs/preview/preview.graphql.ts';
import './jobs/runs/run-operations.graphql.ts';
import './jobs/runs/run-operations.graphql.ts';
import './jobs/runs/run-record.graphql.ts';
import './jobs/runs/run-operations.graphql.ts';
import './jobs/runs/run.graphql.ts';
import './jobs/schedules/fire-time.graphql.ts';
import './jobs/schedules/schedule-explanation.graphql.ts';
import './jobs/schedules/schedule-mutations.graphql.ts';
import './jobs/schedules/schedule.graphql.ts';
import './jobs/schedules/schedule-version.graphql.ts';
import './jobs/schedules/schedule.graphql.ts';
import './nodes/node.graphql.ts';
import './sealing/encryption-key.graphql.ts';
import './sealing/key-mutations.graphql.ts';
import './sealing/encryption-key.graphql.ts';
import './graphql/refusal-types.ts';
import { requirePermissions } from './access/authorization.ts';
import { builder } from './graphql/builder.ts';

/** Builds the schema, in a fixed order of names, so that its text is stable. */
export function buildSchema(): GraphQLSchema {
  const schema = lexicographicSortSchema(builder.toSchema({ sortSchema: false }));
  schema.description = SCHEMA_DESCRIPTION;
  requirePermissions(schema);
  return schema;
}

/** What the schema says of itself: the conventions that hold for all of it. */
export const SCHEMA_DESCRIPTION = `Sees and steers the jobs of Family Hub: managed accounts to be created, schedules and their runs, events, webhooks and alerts.

**Refusals** are data: each mutation answers a union of its payload and of what may refuse it, and \`... on MutationError { code message }\` takes them all. The \`errors\` array is for requests that are malformed or not allowed and for faults, each with \`extensions.code\` and \`extensions.requestId\`, which is in the log too.

**Ids**: \`id\` is opaque and for \`node\`; the plain key stands beside it (\`entryId\`, \`runId\`) and is what arguments take. **Instants** are \`DateTime\` in UTC and end in \`At\`, lengths of time \`Duration\`. Scalars check shape; what a value means is refused as data.

**Pages** have 20 objects, or 1 to 100 by \`first\` or \`last\`; cursors stay true while rows come and go, and \`totalCount\` is counted only when it is asked for. **Costs**: a field costs 1, times the sizes of the pages that it is in; a few say that they are dearer. Limits on cost, depth, breadth, size and rate are settings, and a refusal names its own.

**Repeats**: with an \`idempotencyKey\` the same request within a day answers the first result again. **Changes** come as subscriptions over server-sent events on the same path; each has a cursor to go on from.`;
