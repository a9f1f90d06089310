/**
 * What an account must be like to be queued, as the API says in its descriptions: so that people see
 * what is wrong before they send it. The server looks again, and it alone knows which names are taken.
 */
import { isUuid } from '../../ui/uuid.rules.ts';

export type AccountRole = 'ADMIN' | 'MEMBER' | 'MANAGED_ACCOUNT';

export interface AccountDraft {
  readonly familyId: string;
  readonly createdByUserId: string;
  readonly username: string;
  readonly fullName: string;
  readonly role: AccountRole | undefined;
  /** Empty: the server makes one. */
  readonly password: string;
  /** RFC 3339; undefined: at once. */
  readonly runAt: string | undefined;
}

type AccountField = keyof AccountDraft;
export type AccountProblems = Partial<Record<AccountField, string>>;

/** Trimmed and lower-cased, as the server stores it. */
export const normaliseUsername = (raw: string): string => raw.trim().toLowerCase();
/** Composed, with single spaces inside and none around. */
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

/** Of a password that was given. */
function passwordProblem(password: string): string | undefined {
  if ([...password].length < 12) return 'A password has at least 12 characters.';
  if (new TextEncoder().encode(password).length > 72)
    return 'A password has at most 72 bytes in UTF-8 (72 plain letters, fewer with accents or emoji).';
  return undefined;
}

/** Everything that can be seen to be wrong; empty when nothing is. */
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

/** "Managed account", "MANAGED_ACCOUNT", "member"; a problem for anything else. */
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

/** An instant in RFC 3339; a day, or a time of day without a zone, is the reader's own. */
export function runAtOf(text: string): string | { readonly problem: string } {
  const given = text.trim();
  const isDay = /^\d{4}-\d\d-\d\d$/.test(given);
  const ms = INSTANT.test(given) ? Date.parse(isDay ? `${given}T00:00` : given.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(ms))
    return { problem: `“${given}” is not a time: use 2027-03-28 14:30, or with a zone 2027-03-28T14:30Z.` };
  return new Date(ms).toISOString();
}
