/** Enqueues demo accounts in the first family. */
import { newKey } from '../../../actions/new-key.ts';
import { client } from '../../../graphql/client.ts';
import { graphql } from '../../../graphql/graphql.ts';
import { problemOf } from '../../../graphql/problems.ts';

const FirstFamily = graphql(`
  query FirstFamily {
    families(first: 1) { nodes { familyId name members(first: 1) { nodes { userId } } } }
  }
`);
const EnqueueDemo = graphql(`
  mutation EnqueueDemo($input: EnqueueAccountsInput!) {
    enqueueAccounts(input: $input) {
      ... on EnqueueAccountsPayload {
        results { result { ... on EnqueueAccountPayload { entry { id entryId } } ... on MutationError { message } } }
      }
      ... on MutationError { message }
    }
  }
`);
const NAMES = ['Noah Demo', 'Mia Demo', 'Opa Willi Demo', 'Emma Demo', 'Liam Demo', 'Oma Gerda Demo'];

/** Enqueues `count` entries and returns their ids; throws an Error with a message for the page. */
export async function enqueueDemo(count: number): Promise<readonly string[]> {
  const families = await client.query(FirstFamily, {}, { requestPolicy: 'network-only' }).toPromise();
  if (families.error !== undefined) throw new Error(problemOf(families.error));
  const family = families.data?.families?.nodes[0];
  const creator = family?.members.nodes[0];
  if (family === undefined || creator === undefined)
    throw new Error('There is no family with a member yet. On this machine "npm run db:seed" adds one.');
  const items = Array.from({ length: count }, (_, index) => ({
    familyId: family.familyId,
    createdByUserId: creator.userId,
    username: `demo_${newKey().slice(0, 8)}`,
    fullName: NAMES[index % NAMES.length] ?? 'Demo',
  }));
  const { data, error } = await client
    .mutation(EnqueueDemo, { input: { items, idempotencyKey: newKey() } })
    .toPromise();
  if (error !== undefined) throw new Error(problemOf(error));
  const outcome = data?.enqueueAccounts;
  if (outcome == null || !('results' in outcome)) throw new Error(outcome?.message ?? 'The server answered nothing.');
  return outcome.results.map(({ result }) => {
    if (!('entry' in result)) throw new Error('message' in result ? result.message : 'An account was refused.');
    return result.entry.entryId;
  });
}
