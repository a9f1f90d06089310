/**
 * Rules for names, passwords and roles, checked before an account is queued. Zitadel hardly checks usernames,
 * so these rules are our own. Its bcrypt always fails on passwords over 72 bytes, so they are refused here.
 */
import { randomInt } from 'node:crypto';
import type { UserRole } from '../database/generated/prisma/enums.ts';
import { normaliseVisibleText, visibleTextProblem } from '../visible-text.rules.ts';

export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** Trimmed and lower-cased: the form in which a username is stored, compared and sent. */
export const normaliseUsername = (raw: string): string => raw.trim().toLowerCase();

/** Composed (NFC), trimmed, with single spaces inside. */
export const normaliseFullName = normaliseVisibleText;

/** Checks for 3 to 20 of a-z, 0-9 and _. Expects the normalised form. */
export function usernameProblem(username: string): Problem | undefined {
  if (username.length < 3) return { code: 'TOO_SHORT', message: 'A username has at least 3 characters.' };
  if (username.length > 20) return { code: 'TOO_LONG', message: 'A username has at most 20 characters.' };
  if (!/^[a-z0-9_]+$/.test(username)) {
    return {
      code: 'INVALID_CHARACTERS',
      message: 'A username consists of the letters a to z, digits and underscores.',
    };
  }
  return undefined;
}

/** Checks for 1 to 100 visible characters that cannot pass for others. Expects the normalised form. */
export function fullNameProblem(fullName: string): Problem | undefined {
  const length = [...fullName].length;
  if (length < 1) return { code: 'TOO_SHORT', message: 'A full name is needed.' };
  if (length > 100) return { code: 'TOO_LONG', message: 'A full name has at most 100 characters.' };
  return visibleTextProblem(fullName, 'A full name');
}

/** Checks for at least 12 characters and at most 72 bytes in UTF-8. */
export function passwordProblem(password: string): Problem | undefined {
  if ([...password].length < 12) return { code: 'TOO_SHORT', message: 'A password has at least 12 characters.' };
  if (Buffer.byteLength(password, 'utf8') > 72) {
    return {
      code: 'TOO_LONG',
      message: 'A password has at most 72 bytes in UTF-8 (72 plain letters, fewer with accents or emoji).',
    };
  }
  // Half a surrogate pair would be encrypted as another character, and could never be typed.
  if (/[\0\p{Cs}]/u.test(password)) {
    return { code: 'INVALID_CHARACTERS', message: 'A password has no zero character and no half of an emoji.' };
  }
  return undefined;
}

/**
 * Owners are created when they found their family, not here. An ENQUEUER (a frontend's token) may create
 * managed accounts and members, but not an account that manages a family.
 */
export function roleProblem(role: UserRole, isForEnqueuer = false): Problem | undefined {
  if (role === 'owner')
    return { code: 'NOT_ALLOWED', message: 'An owner cannot be created here. Use ADMIN, MEMBER or MANAGED_ACCOUNT.' };
  if (role === 'admin' && isForEnqueuer)
    return { code: 'NOT_ALLOWED', message: 'An ENQUEUER creates managed accounts and members. Use one of these.' };
  return undefined;
}

const LETTERS = 'abcdefghjkmnpqrstuvwxyz';
const CAPITALS = 'ABCDEFGHJKMNPQRSTUVWXYZ';
const DIGITS = '23456789';
const SIGNS = '-+=%';

/**
 * Generates 20 characters without look-alikes and with at least one of each kind, as strict policies require;
 * about 117 bits.
 */
export function generatePassword(): string {
  const all = LETTERS + CAPITALS + DIGITS + SIGNS;
  const pick = (from: string) => from.charAt(randomInt(from.length));
  const characters = [LETTERS, CAPITALS, DIGITS, SIGNS].map(pick);
  while (characters.length < 20) characters.push(pick(all));
  for (let i = characters.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [characters[i], characters[j]] = [characters[j] ?? '', characters[i] ?? ''];
  }
  return characters.join('');
}
