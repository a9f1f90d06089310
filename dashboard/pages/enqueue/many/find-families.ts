/** Finds the families that a file names, by their ids or their names, and somebody of each who asks. */
import { client } from '../../../graphql/client.ts';
import { graphql } from '../../../graphql/graphql.ts';
import { problemOf } from '../../../graphql/problems.ts';
import { type FoundFamily, isId } from './check.rules.ts';

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

/** Two at a time: a file may name hundreds. */
const AT_A_TIME = 2;

/** `found` hears of each; ends early once `isWanted` says no. */
export async function findFamilies(
  names: readonly string[],
  found: (name: string, family: FoundFamily) => void,
  isWanted: () => boolean,
): Promise<void> {
  const waiting = [...names];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined && isWanted(); name = waiting.shift())
      found(name, await findFamily(name));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}

async function findFamily(name: string): Promise<FoundFamily> {
  if (isId(name)) return familyOf(name);
  const { data, error } = await client.query(ByName, { search: name }).toPromise();
  if (error !== undefined) return { problem: problemOf(error) };
  const same = (data?.families?.nodes ?? []).filter((one) => one.name.toLowerCase() === name.toLowerCase());
  const [only] = same;
  if (same.length > 1)
    return { problem: `Several families are called “${name}”: give the id of the one that is meant.` };
  if (only !== undefined) return familyOf(only.familyId);
  return data?.families?.pageInfo.hasNextPage === true
    ? { problem: `Too many families have “${name}” in their name: give the id of the one that is meant.` }
    : { problem: `No family is called “${name}”.` };
}

async function familyOf(id: string): Promise<FoundFamily> {
  const { data, error } = await client.query(ById, { familyId: id }).toPromise();
  if (error !== undefined) return { problem: problemOf(error) };
  if (data?.family == null) return { problem: 'No family has this id.' };
  const { familyId, name, members } = data.family;
  const asks = members.nodes.find(({ role }) => role === 'OWNER') ?? members.nodes[0];
  return { familyId, name, createdByUserId: asks?.userId };
}
