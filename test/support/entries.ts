/** Enqueues entries through the API and counts them, for the process tests. */
import type { Database } from '../../src/database/database.ts';
import type { ServerProcess } from './process.ts';

const ENQUEUE = `
  mutation ($input: EnqueueAccountInput!) {
    enqueueAccount(input: $input) { __typename ... on MutationError { message } ... on EnqueueAccountPayload { entry { entryId } } }
  }`;

export interface EnqueueInput {
  readonly familyId: string;
  readonly createdByUserId: string;
  readonly username: string;
  readonly password?: string;
  readonly idempotencyKey?: string;
}

/** Enqueues on a node and returns the entry's id. Throws when the node refuses. */
export async function enqueueOn(node: ServerProcess, input: EnqueueInput): Promise<string> {
  const variables = { input: { fullName: 'Tilda Tester', ...input } };
  const answer = await node.graphql<{ enqueueAccount: { entry?: { entryId: string } } }>(ENQUEUE, variables);
  const entryId = answer.data?.enqueueAccount.entry?.entryId;
  if (entryId === undefined) throw new Error(`Not enqueued: ${JSON.stringify(answer)}`);
  return entryId;
}

/** The number of entries per status. */
export async function countByStatus(db: Database): Promise<Record<string, number>> {
  const rows = await db.query<{ status: string; count: number }>(
    'SELECT status::text, count(*)::int AS count FROM auth.queued_managed_account_creations GROUP BY status',
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}
