/** An entry's account as it is sent to the provider, with the plain password, or why it cannot be created. */
import { failureOf } from '../diagnosis/failure-messages.ts';
import type { NewAccount, ProviderFailure } from '../identity/provider.ts';
import { UnsealError } from '../sealing/jwe.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
import { openSealed } from '../sealing/key-ring.ts';
import { usernameProblem } from './account.rules.ts';
import type { ClaimedEntry } from './claim.ts';

export type Unsealed = { plain: string } | { plain: undefined; problem: string };

/** Decrypts an entry's password, or returns why it cannot be decrypted. Throws the errors of reading the key ring. */
export async function unsealPassword(entry: ClaimedEntry, keyRing: KeyRing): Promise<Unsealed> {
  if (entry.encryptedPassword === null) return { plain: undefined, problem: 'it was destroyed' };
  try {
    return { plain: await openSealed(keyRing, entry.encryptedPassword, entry.id) };
  } catch (error) {
    if (!(error instanceof UnsealError)) throw error;
    return { plain: undefined, problem: error.message };
  }
}

/** Returns the account to create, or why this entry's account can never be created. */
export function accountOf(entry: ClaimedEntry, password: Unsealed): NewAccount | ProviderFailure {
  const { id: entryId, familyId, username, fullName } = entry;
  if (familyId === null) return failureOf('FAMILY_DELETED');
  if (password.plain === undefined)
    return failureOf('PASSWORD_NOT_SEALED', { detail: `The reason: ${password.problem}.` });
  // Only a row inserted with SQL can have an invalid username, which the provider would accept.
  const problem = usernameProblem(username.toLowerCase());
  if (problem !== undefined) return failureOf('USERNAME_INVALID', { detail: problem.message });
  return { entryId, familyId, username, fullName, password: password.plain };
}
