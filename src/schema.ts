/** The schema: importing a file declares its types and fields. The operations on a type are in its own folder. */
import { type GraphQLSchema, isObjectType, lexicographicSortSchema } from 'graphql';
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
import './alerts/attention.graphql.ts';
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
import './nodes/server-setting.graphql.ts';
import './sealing/encryption-key.graphql.ts';
import './sealing/key-mutations.graphql.ts';
import './sealing/encryption-key.graphql.ts';
import './graphql/refusal-types.ts';
import { requirePermissions } from './access/authorization.ts';
import { builder, COST_LIMITS } from './graphql/builder.ts';

/** Builds the schema, with names sorted so that the printed text is stable. */
export function buildSchema(): GraphQLSchema {
  const schema = lexicographicSortSchema(builder.toSchema({ sortSchema: false }));
  schema.description = SCHEMA_DESCRIPTION;
  describeCosts(schema);
  requirePermissions(schema);
  return schema;
}

/** Adds to the description of each field that costs more than others what it costs. */
function describeCosts(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType))
    for (const field of Object.values(type.getFields())) {
      const { complexity } = field.extensions;
      if (typeof complexity === 'number') field.description = `${field.description} Costs ${complexity}.`;
    }
}

/** The conventions of the whole API: the description of the schema, and the start of docs/api.md. */
export const SCHEMA_DESCRIPTION = `The jobs of Family Hub: managed accounts to be created, schedules and their runs, events, webhooks and alerts.

**Errors.** Each mutation returns a union of its payload and the errors that a caller can act on; every such error implements \`MutationError\`, so \`... on MutationError { code message }\` matches all of them. The \`errors\` array is for invalid requests, missing permissions and server faults. Each error there has \`extensions.code\` and \`extensions.requestId\`, which is also in the log and in the header \`x-request-id\`.

**Ids.** \`id\` is opaque and is for \`node\`. Arguments take the plain key beside it (\`entryId\`, \`runId\`, a job's \`name\`).

**Scalars.** All are strings, except \`JSON\`, which is any value. \`DateTime\` is an instant in RFC 3339, returned in UTC with milliseconds; its fields end in \`At\`. \`Duration\` is a length of time in ISO 8601, returned in seconds: \`PT1.204S\`. \`UUID\` is returned in lower case. \`CronExpression\` and \`TimeZone\` (IANA) are as you would write them. A scalar checks only the format; a value that makes no sense is an \`InvalidInputError\`, which lists every problem at once.

**Null.** A nullable value says in its description what null means. Every field of \`Query\`, \`Mutation\` and \`Subscription\`, and most related objects, are nullable for one more reason: after an error such a field is null, \`errors\` has an entry with its path, and the rest of the answer stays. Lists never contain null.

**Pages.** A list returns 20 objects, or 1 to 100 with \`first\` or \`last\`. Cursors stay valid while rows come and go. \`totalCount\` is computed only when it is selected.

**Idempotency.** A mutation that creates or starts something takes an \`idempotencyKey\`. The same request with the same key returns the first result for 24 hours, with \`isReplay: true\`. The same key with another input is an \`IdempotencyConflictError\`. Errors are not stored. A mutation that sets a state succeeds when the state is already set, with \`isChanged: false\`.

**Live updates.** Subscriptions are server-sent events on the same path. Each event has a \`cursor\`; pass the last one as \`after\` to resume.

**Limits.** A query may cost ${COST_LIMITS.complexity.toLocaleString('en')}, be ${COST_LIMITS.depth} levels deep and have ${COST_LIMITS.breadth} fields. A field costs 1, times the sizes of the pages that it is in: 20, or its \`first\` or \`last\`. Some fields cost more, as their descriptions say. A page of 100 entries with all their fields and those of 20 attempts each fits. An error about a limit names the limit.`;
