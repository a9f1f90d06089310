/**
 * What to do about a group of failures, by its error code. An error's own message speaks of one
 * entry; this speaks of many at once. Null: it passes by itself, and nothing can hasten it.
 */

import type { Cure } from '../../diagnosis/cure.ts';
import { PROVIDER_ERRORS } from '../../identity/zitadel.errors.ts';
import { retryProblem } from '../entry.rules.ts';
import type { ExplainedEntry } from './explained.rules.ts';

/** Failures that the queue itself finds, beside the identity provider's. */
export const QUEUE_FAILURE_CODES = [
  'FAMILY_DELETED',
  'PASSWORD_NOT_SEALED',
  'USERNAME_INVALID',
  'RETRIES_USED_UP',
  'USERNAME_TAKEN',
  'ACCOUNT_TAKEN',
  'DATABASE_REFUSED',
  'ATTEMPT_INTERRUPTED',
  'KEY_LOST',
] as const;

export type FailureCode = keyof typeof PROVIDER_ERRORS | (typeof QUEUE_FAILURE_CODES)[number];

const RETRY = 'then retry the failed entries of this group.';
const REACH = `Make the identity provider reachable from this server (ZITADEL_URL, its name, the firewall); waiting entries go on by themselves, ${RETRY}`;
const CONFIGURED =
  'Restart the server where a setting changed; closeCircuit sends the waiting entries on at once. If it is single accounts that are refused so, look at the proxies and firewalls before the identity provider, then retry the failed entries of this group.';

export const CURES: Readonly<Record<FailureCode, string | null>> = {
  PROVIDER_UNREACHABLE: REACH,
  PROVIDER_DNS_FAILED: REACH,
  PROVIDER_TLS_FAILED: `Renew the identity provider’s certificate, or let this server trust who issued it (NODE_EXTRA_CA_CERTS); ${RETRY}`,
  PROVIDER_TIMEOUT: `Look at the identity provider’s load; lower PROVIDER_CONCURRENCY or raise PROVIDER_TIMEOUT, ${RETRY}`,
  PROVIDER_CONNECTION_LOST: `Look at the proxies between this server and the identity provider, ${RETRY}`,
  PROVIDER_UNAVAILABLE: `Bring the identity provider back up; waiting entries go on by themselves, ${RETRY}`,
  PROVIDER_RATE_LIMITED: `Lower PROVIDER_CONCURRENCY, or raise the limit at the identity provider; waiting entries go on by themselves, ${RETRY}`,
  PROVIDER_INTERNAL_ERROR: `Search the identity provider’s log for the sample’s request id, mend the cause, ${RETRY}`,
  PROVIDER_CONFLICT: null,
  PROVIDER_STATE_UNCLEAR: `Look for the sample’s entry id among the users in the identity provider’s console, and remove or restore that user, ${RETRY}`,
  PROVIDER_ANSWER_UNREADABLE: `Check that ZITADEL_URL leads to Zitadel and not to a proxy’s own page, ${RETRY}`,
  PROVIDER_ANSWER_UNEXPECTED: `Look at the proxies and firewalls before the identity provider, ${RETRY}`,
  PROVIDER_TOKEN_REQUEST_FAILED: `Check the key in ZITADEL_KEY_FILE, this machine’s clock and ZITADEL_URL, ${RETRY}`,
  ACCOUNT_VANISHED: `Find out who deletes accounts at the identity provider, ${RETRY}`,
  PASSWORD_REFUSED: `Bring the password policy at the identity provider in line (12 characters are asked for here), ${RETRY} Or retry each entry with a new password.`,
  ACCOUNT_DATA_REFUSED: 'Cancel these entries and enqueue the accounts anew with other names.',
  USERNAME_TAKEN_AT_PROVIDER: `Cancel these entries and enqueue the accounts anew under other usernames. Or free the names at the identity provider, ${RETRY}`,
  ACCOUNT_BELONGS_TO_ANOTHER:
    'Look at the users with these entries’ ids in the identity provider’s console, then cancel the entries and enqueue the accounts anew.',
  PROVIDER_TOKEN_INVALID: `Put a valid token into ZITADEL_TOKEN_FILE (read again by itself) or ZITADEL_TOKEN. ${CONFIGURED}`,
  PROVIDER_TOKEN_UNAVAILABLE: `Make the file of ZITADEL_TOKEN_FILE exist and be readable. ${CONFIGURED}`,
  PROVIDER_KEY_UNUSABLE: `Put the JSON file of a service account’s key at ZITADEL_KEY_FILE. ${CONFIGURED}`,
  PROVIDER_KEY_REFUSED: `Make a new key of the service account and put it at ZITADEL_KEY_FILE. ${CONFIGURED}`,
  PROVIDER_PERMISSION_DENIED: `Give the service account the role ORG_USER_MANAGER in the organization. ${CONFIGURED}`,
  PROVIDER_NOT_FOUND: `Check ZITADEL_URL and ZITADEL_INSTANCE_HOST. ${CONFIGURED}`,
  PROVIDER_TOO_OLD: `Upgrade Zitadel to version 4 or newer. ${CONFIGURED}`,
  PROVIDER_ORGANIZATION_UNKNOWN: `Correct ZITADEL_ORGANIZATION_ID, or leave it out. ${CONFIGURED}`,
  PROVIDER_REDIRECTED: `Set ZITADEL_URL to the address it redirects to. ${CONFIGURED}`,
  PROVIDER_QUOTA_EXHAUSTED: `Raise the Zitadel instance’s quota, or wait for its next period. ${CONFIGURED}`,
  OUTCOME_UNKNOWN: null,
  FAMILY_DELETED: 'Cancel these entries: their families are gone. Enqueue the accounts for other families if need be.',
  PASSWORD_NOT_SEALED:
    'Retry each entry with a new password (retryEntry), and let whoever inserts such rows use enqueueAccount instead.',
  USERNAME_INVALID: 'Cancel these entries and enqueue the accounts anew under other usernames.',
  RETRIES_USED_UP: 'Find what failed in the sample’s attempts, mend it, then retry the entries of this group.',
  USERNAME_TAKEN: `Rename the users in auth.users that have these names, ${RETRY} Or remove the accounts at the identity provider and cancel the entries.`,
  ACCOUNT_TAKEN: `Correct zitadel_user_id of the users that refer to these accounts, ${RETRY}`,
  DATABASE_REFUSED: `Look at the constraint that the message names, mend what breaks it, ${RETRY}`,
  KEY_LOST: 'Retry each entry with a new password (retryEntry): nobody can open the old ones any more.',
  ATTEMPT_INTERRUPTED: 'Find out why nodes stop (serverNodes, their logs); the entries go on by themselves.',
};

/** What to do about failures with this code; null when nothing helps, or when the code is not ours. */
export function suggestedCure(code: string): string | null {
  return (CURES as Readonly<Record<string, string | null>>)[code] ?? null;
}

/** Failures that the same password meets again: a retry of many, which brings none, cannot help. */
const NEEDS_NEW_PASSWORD: readonly string[] = ['PASSWORD_NOT_SEALED', 'KEY_LOST'];

/** Failures of what an entry asks for, and an entry cannot be changed: the account is enqueued anew in its stead. */
const NEEDS_NEW_ENTRY: readonly string[] = [
  'ACCOUNT_DATA_REFUSED',
  'ACCOUNT_BELONGS_TO_ANOTHER',
  'FAMILY_DELETED',
  'USERNAME_INVALID',
  'USERNAME_TAKEN_AT_PROVIDER',
];

/** Whether entries that failed so are to be given up rather than tried again as they are. */
export const needsNewEntry = (code: string): boolean => NEEDS_NEW_ENTRY.includes(code);

/** The bulk action that helps entries which failed so, as CURES advises; null when none does. */
export function bulkCure(code: string): 'RETRY' | 'CANCEL' | null {
  if (needsNewEntry(code)) return 'CANCEL';
  return NEEDS_NEW_PASSWORD.includes(code) ? null : 'RETRY';
}

/** Whether an attempt could use its password. */
export const isUsable = ({ hasPassword, isSealed }: ExplainedEntry): boolean => hasPassword && isSealed;

/** A retry by hand; null where it would be refused: the family is gone. */
export function retryCure({ id, familyId }: ExplainedEntry, needsPassword: boolean): Cure | null {
  const problem = retryProblem(
    { status: 'failed', hasPassword: true, isSealed: true, hasFamily: familyId !== null },
    needsPassword,
  );
  if (problem !== undefined) return null;
  return needsPassword
    ? { label: 'Retry with a new password', mutation: 'retryEntry', input: { entryId: id, password: null } }
    : { label: 'Retry', mutation: 'retryEntry', input: { entryId: id } };
}

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
