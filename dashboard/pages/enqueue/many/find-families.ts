/** Finds the families named in a file, by id or name, and a default creator in each. */
import type { OperationResult } from 'urql';
import { client } from '../../../graphql/client.ts';
import { graphql } from '../../../graphql/graphql.ts';
import { problemOf } from '../../../graphql/problems.ts';
import { isUuid } from '../../../ui/uuid.rules.ts';
import type { FoundFamily } from './check.rules.ts';
import { type LookedUp, lookUp, NotAnswered } from './look-up.rules.ts';

const ById = graphql(`
  query FamilyById($familyId: UUID!) {
    family(familyId: $familyId) { id familyId name members(first: 20) { nodes { id userId role } } }
  }
`);
const ByName = graphql(`
  query FamiliesByName($search: String!) {
    families(first: 100, search: $search) {
      nodes { id familyId name }
      pageInfo { hasNextPage }
    }
  }
`);

/** Limits the parallel requests, as a file may name hundreds of families. */
const AT_A_TIME = 2;
const FRESH = { requestPolicy: 'network-only' } as const;

export const findFamilies = (names: readonly string[], isWanted: () => boolean): Promise<LookedUp<FoundFamily>> =>
  lookUp(names, { find: findFamily, atATime: AT_A_TIME, isWanted });

/** Throws NotAnswered if the server did not respond; a refusal counts as a response. */
function answered<Result extends OperationResult>(result: Result): Result {
  if (result.error?.networkError !== undefined) throw new NotAnswered(problemOf(result.error));
  return result;
}

async function findFamily(name: string): Promise<FoundFamily> {
  if (isUuid(name)) return familyOf(name);
  const { data, error } = answered(await client.query(ByName, { search: name }, FRESH).toPromise());
  if (error !== undefined) return { problem: problemOf(error) };
  const same = (data?.families?.nodes ?? []).filter((one) => one.name.toLowerCase() === name.toLowerCase());
  const [only] = same;
  if (same.length > 1) return { problem: `Several families are called “${name}”: use the family’s id.` };
  if (only !== undefined) return familyOf(only.familyId);
  return data?.families?.pageInfo.hasNextPage === true
    ? { problem: `Too many families match “${name}”: use the family’s id.` }
    : { problem: `No family is called “${name}”.` };
}

async function familyOf(id: string): Promise<FoundFamily> {
  const { data, error } = answered(await client.query(ById, { familyId: id }, FRESH).toPromise());
  if (error !== undefined) return { problem: problemOf(error) };
  if (data?.family == null) return { problem: 'No family has this id.' };
  const { familyId, name, members } = data.family;
  const asks = members.nodes.find(({ role }) => role === 'OWNER') ?? members.nodes[0];
  return { familyId, name, createdByUserId: asks?.userId };
}
