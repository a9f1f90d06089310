/** The members of a family, to choose the one who asks. */
import type { EnumOf } from '../../graphql/graphql.ts';
import { USER_ROLE } from '../../ui/words.ts';

interface Member {
  readonly username: string | null;
  readonly fullName: string;
  readonly role: EnumOf<'UserRole'>;
}

const ORDER = ['OWNER', 'ADMIN', 'MEMBER', 'MANAGED_ACCOUNT'] as const;

/** Those who are likely to ask first; of equals in their order. */
export const ownersFirst = <One extends Member>(members: readonly One[]): readonly One[] =>
  members.toSorted((one, other) => ORDER.indexOf(one.role) - ORDER.indexOf(other.role));

/** "Noah Demo, noah_d (managed account)": several of a family may have one full name. */
export const memberWords = ({ fullName, username, role }: Member): string =>
  `${fullName}${username === null ? '' : `, ${username}`} (${USER_ROLE[role].toLowerCase()})`;
