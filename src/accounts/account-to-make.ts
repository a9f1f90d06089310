/** The account of an entry as the provider gets it, with the plain password, or why it cannot be created. */
import { failureOf } from '../diagnosis/failure-messages.ts';
import type { NewAccount, ProviderFailure } from '../identity/provider.ts';
import { UnsealError } from '../sealing/jwe.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
import { openSealed } from '../sealing/key-ring.ts';
import { usernameProblem } from './account.rules.ts';
import type { ClaimedEntry } from './claim.ts';

export type Unsealed = { plain: string } | { plain: undefined; problem: string };

/** Opens an entry's password, or says why that cannot be done. Throws what reading the key ring throws. */
export async function unsealPassword(entry: ClaimedEntry, keyRing: KeyRing): Promise<Unsealed> {
  if (entry.encryptedPassword === null) return { plain: undefined, problem: 'it was destroyed' };
  try {
    return { plain: await openSealed(keyRing, entry.encryptedPassword, entry.id) };
  } catch (error) {
    if (!(error instanceof UnsealError)) throw error;
    return { plain: undefined, problem: error.message };
  }
}

/** The account to create, or why this entry's account can never be created. */
export function accountOf(entry: ClaimedEntry, password: Unsealed): NewAccount | ProviderFailure {
  const { id: entryId, familyId, username, fullName } = entry;
  if (familyId === null) return failureOf('FAMILY_DELETED');
  if (password.plain === undefined)
    return failureOf('PASSWORD_NOT_SEALED', { detail: `The reason: ${password.problem}.` });
  // Only a row inserted with SQL has such a name: the provider would accept it.
  const problem = usernameProblem(username.toLowerCase());
  if (problem !== undefined) return failureOf('USERNAME_INVALID', { detail: problem.message });
  return { entryId, familyId, username, fullName, password: password.plain };
}
