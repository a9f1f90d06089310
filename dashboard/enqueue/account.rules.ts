/**
 * Validates accounts by the rules in the API's descriptions, so that problems show before sending. The server
 * validates again, and only it knows which usernames are taken.
 */

import type { EnumOf } from '../graphql/graphql.ts';
import { isUuid } from '../ui/text.rules.ts';
import { USER_ROLE } from '../ui/words.ts';

export type AccountRole = 'ADMIN' | 'MEMBER' | 'MANAGED_ACCOUNT';

export interface AccountDraft {
  readonly familyId: string;
  readonly createdByUserId: string;
  readonly username: string;
  readonly fullName: string;
  readonly role: AccountRole | undefined;
  /** Empty: the server generates one. */
  readonly password: string;
  /** RFC 3339; undefined: immediately. */
  readonly runAt: string | undefined;
}

type AccountField = keyof AccountDraft;
export type AccountProblems = Partial<Record<AccountField, string>>;

/** Trimmed and in lower case, as the server stores it. */
export const normaliseUsername = (raw: string): string => raw.trim().toLowerCase();
/** NFC-normalised, trimmed, with single spaces. */
const normaliseFullName = (raw: string): string => raw.normalize('NFC').replace(/\s+/gu, ' ').trim();

export function usernameProblem(raw: string): string | undefined {
  const username = normaliseUsername(raw);
  if (username === '') return 'Enter a username.';
  if (username.length < 3) return 'A username has at least 3 characters.';
  if (username.length > 20) return 'A username has at most 20 characters.';
  if (!/^[a-z0-9_]+$/.test(username)) return 'A username consists of the letters a to z, digits and underscores.';
  return undefined;
}

function fullNameProblem(raw: string): string | undefined {
  const name = normaliseFullName(raw);
  if (name === '') return 'Enter a full name.';
  if ([...name].length > 100) return 'A full name has at most 100 characters.';
  if (/[\p{Cc}\u202a-\u202e\u2066-\u2069\ufffd]/u.test(name))
    return 'A full name cannot contain invisible or unreadable characters.';
  return undefined;
}

/** For a password that is not empty. */
function passwordProblem(password: string): string | undefined {
  if ([...password].length < 12) return 'A password has at least 12 characters.';
  if (new TextEncoder().encode(password).length > 72)
    return 'A password has at most 72 bytes in UTF-8 (72 plain letters, fewer with accents or emoji).';
  return undefined;
}

/** All problems that can be detected in the browser; empty if there are none. */
export function accountProblems(draft: AccountDraft): AccountProblems {
  const problems: Record<AccountField, string | undefined> = {
    familyId: idProblem(draft.familyId, 'Choose a family.'),
    createdByUserId: idProblem(draft.createdByUserId, 'Choose the family member who asks for it.'),
    username: usernameProblem(draft.username),
    fullName: fullNameProblem(draft.fullName),
    role: draft.role === undefined ? 'Choose a role.' : undefined,
    password: draft.password === '' ? undefined : passwordProblem(draft.password),
    runAt: undefined,
  };
  return Object.fromEntries(Object.entries(problems).filter(([, problem]) => problem !== undefined));
}

const idProblem = (id: string, missing: string): string | undefined =>
  id === '' ? missing : isUuid(id) ? undefined : 'Not a valid id: an id looks like 0b9d8f6e-….';

const ROLES: Readonly<Record<string, AccountRole>> = {
  admin: 'ADMIN',
  administrator: 'ADMIN',
  member: 'MEMBER',
  managedaccount: 'MANAGED_ACCOUNT',
  managed: 'MANAGED_ACCOUNT',
  child: 'MANAGED_ACCOUNT',
};

/** Accepts "Managed account", "MANAGED_ACCOUNT", "member" and the like; returns a problem for other text. */
export function roleOf(text: string): AccountRole | { readonly problem: string } {
  const role = ROLES[text.toLowerCase().replace(/[^a-z]/g, '')];
  if (role !== undefined) return role;
  return {
    problem: /owner/i.test(text)
      ? 'An owner cannot be created here.'
      : `“${text}” is not a role: use Managed account, Member or Admin.`,
  };
}

const INSTANT = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** Returns an RFC 3339 timestamp or a problem. Without a zone, the text is in the browser's time zone. */
export function runAtOf(text: string): string | { readonly problem: string } {
  const given = text.trim();
  const isDay = /^\d{4}-\d\d-\d\d$/.test(given);
  const ms = INSTANT.test(given) ? Date.parse(isDay ? `${given}T00:00` : given.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(ms))
    return { problem: `“${given}” is not a time: use 2027-03-28 14:30, or with a zone 2027-03-28T14:30Z.` };
  return new Date(ms).toISOString();
}

/* Members of a family, for the "Requested by" field. Pure. */

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
