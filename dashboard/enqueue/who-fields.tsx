/** The family, and the member who requests the account. Callers who may not list families enter ids. */

import { useCallback, useEffect, useMemo } from 'react';
import { usePermission, useViewer } from '../access/viewer.tsx';
import { type FamilyChoice, FamilyField } from '../families/family-field.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { counted, USER_ROLE } from '../ui/words.ts';
import { type AccountRole, memberWords, ownersFirst } from './account.rules.ts';
import { type Members, useMembers } from './use-members.ts';

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
  const family = useMembers(familyId);
  const members = useMemo(() => ownersFirst(family?.members ?? []), [family]);
  // The owner is the default.
  const [first] = members;
  const isNamed = members.some(({ userId }) => userId === createdByUserId);
  // When the list is incomplete, the given id may belong to a member who is not in it.
  const isBeyond = !isNamed && createdByUserId !== '' && family?.isCut === true;
  useEffect(() => {
    if (first !== undefined && !isNamed && !isBeyond) onChange({ familyId, familyName, createdByUserId: first.userId });
  }, [first, isNamed, isBeyond, familyId, familyName, onChange]);
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
        label="Requested by"
        hint={hintOf(family)}
        problem={problems.createdByUserId}
        value={createdByUserId}
        disabled={members.length === 0}
        options={
          members.length === 0
            ? [['', familyId === '' ? 'Choose a family first' : '–']]
            : [
                ...members.map((member) => [member.userId, memberWords(member)] as const),
                ...(isBeyond ? [[createdByUserId, createdByUserId] as const] : []),
              ]
        }
        onChange={({ target }) => onChange({ ...value, createdByUserId: target.value })}
      />
    </>
  );
}

function hintOf(family: Members | undefined): string {
  const what = 'The family member who requests the account.';
  if (family?.problem !== undefined) return `${what} Not all could be loaded: ${family.problem}`;
  return family?.isCut === true
    ? `${what} Only the first ${counted(family.members.length, 'member is', 'members are')} offered; another one’s id can be given in a table, or through the API.`
    : what;
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
        hint={
          family === null ? 'You may not list families, so enter the id.' : 'The only family that you may enqueue for.'
        }
        problem={problems.familyId}
        readOnly={family !== null}
        value={family === null ? familyId : family.name}
        onChange={({ target }) =>
          onChange({ ...value, familyId: target.value.trim(), familyName: target.value.trim() })
        }
      />
      <TextField
        label="Requested by (the user’s id)"
        hint="The family member who requests the account."
        problem={problems.createdByUserId}
        value={value.createdByUserId}
        onChange={({ target }) => onChange({ ...value, createdByUserId: target.value.trim() })}
      />
    </>
  );
}

/* The account's role in its family. */

interface RoleFieldProps {
  readonly value: AccountRole;
  readonly onChange: (role: AccountRole) => void;
  readonly problem?: string | undefined;
}

export function RoleField({ value, onChange, problem }: RoleFieldProps) {
  // An ENQUEUER may not create admins.
  const roles: readonly AccountRole[] =
    useViewer().role === 'ENQUEUER' ? ['MANAGED_ACCOUNT', 'MEMBER'] : ['MANAGED_ACCOUNT', 'MEMBER', 'ADMIN'];
  return (
    <SelectField
      label="Role"
      hint="Owners are not created here."
      problem={problem}
      value={value}
      options={roles.map((role) => [role, USER_ROLE[role]] as const)}
      onChange={({ target }) => onChange(target.value as AccountRole)}
    />
  );
}
