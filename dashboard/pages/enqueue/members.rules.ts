/** Members of a family, for the "Asked for by" field. Pure. */
import type { EnumOf } from '../../graphql/graphql.ts';
import { USER_ROLE } from '../../ui/words.ts';

interface Member {
  readonly username: string | null;
  readonly fullName: string;
  readonly role: EnumOf<'UserRole'>;
}

const ORDER = ['OWNER', 'ADMIN', 'MEMBER', 'MANAGED_ACCOUNT'] as const;

/** Sorts by role, owners first; members with the same role keep their order. */
export const ownersFirst = <One extends Member>(members: readonly One[]): readonly One[] =>
  members.toSorted((one, other) => ORDER.indexOf(one.role) - ORDER.indexOf(other.role));

/** "Noah Demo, noah_d (managed account)": members of a family can share a full name. */
export const memberWords = ({ fullName, username, role }: Member): string =>
  `${fullName}${username === null ? '' : `, ${username}`} (${USER_ROLE[role].toLowerCase()})`;
