/** The name of a family by its id. */
import { usePermission } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';

const FamilyName = graphql(`query FamilyName($familyId: UUID!) { family(familyId: $familyId) { id familyId name } }`);

/** The name of the family to filter by, or its id while the name is unknown. */
export function useFamilyName(familyId: string | undefined): string | undefined {
  const { isAllowed } = usePermission('family');
  const { data } = useLiveQuery({
    query: FamilyName,
    variables: { familyId: familyId ?? '' },
    isPaused: familyId === undefined || !isAllowed,
  });
  if (familyId === undefined) return undefined;
  return data?.family?.familyId === familyId ? data.family.name : familyId;
}
