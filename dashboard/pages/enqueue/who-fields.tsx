/** For which family, and who of it asks. Whoever may not see families gives their ids. */
import { useCallback, useEffect } from 'react';
import { useQuery } from 'urql';
import { usePermission, useViewer } from '../../access/viewer.tsx';
import { type FamilyChoice, FamilyField } from '../../families/family-field.tsx';
import { graphql } from '../../graphql/graphql.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { isUuid } from '../../ui/uuid.rules.ts';
import { memberWords, ownersFirst } from './members.rules.ts';

const MembersOf = graphql(`
  query MembersOf($familyId: UUID!) {
    family(familyId: $familyId) {
      id familyId name
      members(first: 100) { nodes { id userId username fullName role } }
    }
  }
`);

export interface Who {
  readonly familyId: string;
  readonly familyName: string;
  readonly createdByUserId: string;
}

export const NOBODY: Who = { familyId: '', familyName: '', createdByUserId: '' };

interface WhoFieldsProps {
  readonly value: Who;
  readonly onChange: (who: Who) => void;
  readonly problems?: { readonly familyId?: string | undefined; readonly createdByUserId?: string | undefined };
}

export const WhoFields = (props: WhoFieldsProps) =>
  usePermission('families').isAllowed ? <ChosenWho {...props} /> : <TypedWho {...props} />;

function ChosenWho({ value, onChange, problems = {} }: WhoFieldsProps) {
  const { familyId, familyName, createdByUserId } = value;
  const [{ data }] = useQuery({ query: MembersOf, variables: { familyId }, pause: !isUuid(familyId) });
  const family = data?.family?.familyId === familyId ? data.family : undefined;
  const members = ownersFirst(family?.members.nodes ?? []);
  // The owner asks, unless somebody else is chosen.
  const [first] = members;
  const isNamed = members.some(({ userId }) => userId === createdByUserId);
  useEffect(() => {
    if (first !== undefined && !isNamed) onChange({ familyId, familyName, createdByUserId: first.userId });
  }, [first, isNamed, familyId, familyName, onChange]);
  const choose = useCallback(
    ({ familyId: chosen, name }: FamilyChoice) => onChange({ familyId: chosen, familyName: name, createdByUserId: '' }),
    [onChange],
  );
  return (
    <>
      <FamilyField
        isOnlyOneChosen
        value={familyId === '' ? undefined : { familyId, name: familyName || (family?.name ?? '') }}
        onChoose={choose}
        problem={problems.familyId}
      />
      <SelectField
        label="Asked for by"
        hint="The member of the family on whose behalf it is made."
        problem={problems.createdByUserId}
        value={createdByUserId}
        disabled={members.length === 0}
        options={
          members.length === 0
            ? [['', familyId === '' ? 'Choose a family first' : '–']]
            : members.map((member) => [member.userId, memberWords(member)] as const)
        }
        onChange={({ target }) => onChange({ ...value, createdByUserId: target.value })}
      />
    </>
  );
}

function TypedWho({ value, onChange, problems = {} }: WhoFieldsProps) {
  const { family } = useViewer();
  const { familyId } = value;
  useEffect(() => {
    if (family !== null && familyId === '')
      onChange({ familyId: family.familyId, familyName: family.name, createdByUserId: '' });
  }, [family, familyId, onChange]);
  return (
    <>
      <TextField
        label={family === null ? 'Family (its id)' : 'Family'}
        hint={family === null ? 'You may not list families, so give its id.' : 'The only one that you may enqueue for.'}
        problem={problems.familyId}
        readOnly={family !== null}
        value={family === null ? familyId : family.name}
        onChange={({ target }) =>
          onChange({ ...value, familyId: target.value.trim(), familyName: target.value.trim() })
        }
      />
      <TextField
        label="Asked for by (the user’s id)"
        hint="The member of the family on whose behalf it is made."
        problem={problems.createdByUserId}
        value={value.createdByUserId}
        onChange={({ target }) => onChange({ ...value, createdByUserId: target.value.trim() })}
      />
    </>
  );
}
