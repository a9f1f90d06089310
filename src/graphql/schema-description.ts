/** What the schema says of itself: the conventions that hold for all of it. */
export const SCHEMA_DESCRIPTION = `Sees and steers the jobs of Family Hub: managed accounts to be created, schedules and their runs, events, webhooks and alerts.

**Refusals** are data: each mutation answers a union of its payload and of what may refuse it, and \`... on MutationError { code message }\` takes them all. The \`errors\` array is for requests that are malformed or not allowed and for faults, each with \`extensions.code\` and \`extensions.requestId\`, which is in the log too.

**Ids**: \`id\` is opaque and for \`node\`; the plain key stands beside it (\`entryId\`, \`runId\`) and is what arguments take. **Instants** are \`DateTime\` in UTC and end in \`At\`, lengths of time \`Duration\`. Scalars check shape; what a value means is refused as data.

**Pages** have 20 objects, or 1 to 100 by \`first\` or \`last\`; cursors stay true while rows come and go, and \`totalCount\` is counted only when it is asked for. **Costs**: a field costs 1, times the sizes of the pages that it is in; a few say that they are dearer. Limits on cost, depth, breadth, size and rate are settings, and a refusal names its own.

**Repeats**: with an \`idempotencyKey\` the same request within a day answers the first result again. **Changes** come as subscriptions over server-sent events on the same path; each has a cursor to go on from.`;
