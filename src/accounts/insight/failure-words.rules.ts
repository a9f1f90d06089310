/** What a failure's code means, in few words: for sentences about many entries at once. */
import { PROVIDER_ERRORS } from '../../identity/zitadel.errors.ts';
import type { QUEUE_FAILURE_CODES } from './failure-group-cures.rules.ts';

const QUEUE_FAILURES: Readonly<Record<(typeof QUEUE_FAILURE_CODES)[number], string>> = {
  FAMILY_DELETED: 'the family was deleted',
  PASSWORD_NOT_SEALED: 'the password is not sealed',
  USERNAME_INVALID: 'the username is not valid',
  RETRIES_USED_UP: 'all retries are used up',
  USERNAME_TAKEN: 'another user has the username',
  ACCOUNT_TAKEN: 'another user refers to the account',
  DATABASE_REFUSED: 'the database refused to keep the account',
  ATTEMPT_INTERRUPTED: 'the attempts were broken off',
  KEY_LOST: 'the key of the password is lost',
};

/** As the rest of a sentence, without a full stop; null for a code that is not ours. */
export function failureInWords(code: string): string | null {
  const own = (QUEUE_FAILURES as Readonly<Record<string, string>>)[code];
  if (own !== undefined) return own;
  // The first sentence says what it is, those after it what to do.
  const [what] =
    (PROVIDER_ERRORS as Readonly<Record<string, { message: string }>>)[code]?.message.split(/\.(?: |$)/) ?? [];
  return what === undefined ? null : what.charAt(0).toLowerCase() + what.slice(1);
}
