/** The account's role in its family. */
import { useViewer } from '../../access/viewer.tsx';
import { SelectField } from '../../ui/field.tsx';
import { USER_ROLE } from '../../ui/words.ts';
import type { AccountRole } from './account.rules.ts';

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
