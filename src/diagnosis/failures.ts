/**
 * The table of all failures of entries: a stable code, the class that decides about retries, what happened,
 * and how to fix it. An entry's message, a group's advice, the circuit's reason, alerts and
 * docs/troubleshooting.md are derived from it. The texts of the identity provider are translated and
 * change between versions, so they are only appended.
 */

/** Decides about retries: accounts/entry.rules.ts defines the rules of each class. */
export type FailureClass = 'transient' | 'permanent' | 'configuration' | 'unknown';

interface FailureDefinition {
  readonly class: FailureClass;
  /** What happened: whole sentences, true of every entry that fails with this code. */
  readonly what: string;
  /** How to fix the cause, for one entry or many; null if it needs no fix. */
  readonly cure: string | null;
  /** The bulk action for failed entries once the cause is fixed; null if each needs its own retry. */
  readonly bulk: 'RETRY' | 'CANCEL' | null;
  /** A retry needs a new password, because the current one would fail again. */
  readonly needsNewPassword: boolean;
}

const define = (
  failureClass: FailureClass,
  what: string,
  cure: string | null,
  bulk: FailureDefinition['bulk'] = 'RETRY',
  needsNewPassword = false,
): FailureDefinition => ({ class: failureClass, what, cure, bulk, needsNewPassword });

/** Retried automatically. */
const transient = (what: string, cure: string | null) => define('transient', what, cure);
/** Opens the circuit once a check confirms it; no entry is to blame. */
const configuration = (what: string, cure: string) => define('configuration', what, cure);
/** Fails the entry; a retry can succeed once the cause is fixed. */
const fixable = (what: string, cure: string) => define('permanent', what, cure);
/** Fails the entry because of its data, which cannot be changed: so it is cancelled. */
const hopeless = (what: string, cure: string) => define('permanent', what, cure, 'CANCEL');
/** Fails the entry because its password is lost or unusable. */
const unusable = (what: string, cure: string) => define('permanent', what, cure, null, true);

const FAILURES = {
  PROVIDER_UNREACHABLE: transient(
    'No connection to the identity provider could be established; nothing was sent.',
    'Check ZITADEL_URL, the firewall, and that the identity provider is running.',
  ),
  PROVIDER_DNS_FAILED: transient(
    'The host name of the identity provider could not be resolved; nothing was sent.',
    'Check the host name in ZITADEL_URL and the DNS settings of this machine.',
  ),
  PROVIDER_TLS_FAILED: transient(
    'No secure connection to the identity provider could be established; nothing was sent.',
    'Renew the identity provider’s certificate, or make this server trust its issuer (NODE_EXTRA_CA_CERTS).',
  ),
  PROVIDER_TIMEOUT: transient(
    'The identity provider did not answer in time.',
    'Check the identity provider’s load; lower PROVIDER_CONCURRENCY or raise PROVIDER_TIMEOUT.',
  ),
  PROVIDER_CONNECTION_LOST: transient(
    'The connection to the identity provider broke before it answered.',
    'Check the identity provider and the proxies in front of it.',
  ),
  PROVIDER_UNAVAILABLE: transient(
    'The identity provider, or a proxy in front of it, reports that it is unavailable.',
    'Check that the identity provider is running and ready.',
  ),
  PROVIDER_RATE_LIMITED: transient(
    'The identity provider, or a proxy in front of it, limits the rate of calls.',
    'Lower PROVIDER_CONCURRENCY, or raise the limit at the identity provider.',
  ),
  PROVIDER_INTERNAL_ERROR: transient(
    'The identity provider had an internal error.',
    'Search the identity provider’s log for the request id of the attempt.',
  ),
  PROVIDER_CONFLICT: transient(
    'The identity provider aborted the call because of another change at the same time.',
    null,
  ),
  PROVIDER_STATE_UNCLEAR: transient(
    'The identity provider reports that the account exists, but does not find it.',
    'Search for the entry’s id among the users in the identity provider’s console, and remove or restore that user.',
  ),
  PROVIDER_ANSWER_UNREADABLE: transient(
    'The answer did not come from an identity provider.',
    'Check that ZITADEL_URL leads to Zitadel and not to a proxy’s own page.',
  ),
  PROVIDER_ANSWER_UNEXPECTED: transient(
    'The request was refused in a way that Zitadel does not use.',
    'Check the proxies and firewalls in front of the identity provider.',
  ),
  PROVIDER_TOKEN_REQUEST_FAILED: transient(
    'The identity provider had an internal error when it was asked for a token. Zitadel answers the same to a request that it does not trust.',
    'Check the key in ZITADEL_KEY_FILE, the clock of this machine, and that ZITADEL_URL (or ZITADEL_INSTANCE_HOST) is Zitadel’s external address.',
  ),
  ACCOUNT_VANISHED: transient(
    'The account was at the identity provider a moment ago and is gone now; someone may have deleted it.',
    'Find out who deletes accounts at the identity provider.',
  ),
  ATTEMPT_INTERRUPTED: transient(
    'The node that had claimed this entry stopped before it stored an outcome, perhaps before it began the attempt. The next attempt first looks up whether the account exists.',
    'Find out why nodes stop (serverNodes, their logs).',
  ),

  PASSWORD_REFUSED: define(
    'permanent',
    'The identity provider refuses the password.',
    'Adjust the password policy there (this server requires 12 characters), or give the entry a new password (retryEntry).',
    'RETRY',
    true,
  ),
  ACCOUNT_DATA_REFUSED: hopeless(
    'The identity provider refuses the account’s data.',
    'Enqueue the account again with another username or full name.',
  ),
  USERNAME_TAKEN_AT_PROVIDER: hopeless(
    'Another account at the identity provider has this username.',
    'Enqueue the account again under another username (or free the username at the identity provider and retry).',
  ),
  ACCOUNT_BELONGS_TO_ANOTHER: hopeless(
    'The identity provider has another account under this entry’s id (another username or organization).',
    'Inspect the user with the entry’s id in the identity provider’s console, and enqueue the account again.',
  ),
  FAMILY_DELETED: hopeless('The family was deleted.', 'Enqueue the account for another family if it is still needed.'),
  USERNAME_INVALID: hopeless('The username is not valid.', 'Enqueue the account again under another username.'),
  USERNAME_TAKEN: fixable(
    'The account was created at the identity provider, but another user has the username.',
    'Rename the user in auth.users who has it (or remove the account at the identity provider and cancel).',
  ),
  ACCOUNT_TAKEN: fixable(
    'The account was created at the identity provider, but another user refers to it.',
    'Correct zitadel_user_id of that user in auth.users.',
  ),
  DATABASE_REFUSED: fixable(
    'The database refused to store the outcome.',
    'Find the constraint that the message names, and remove what violates it.',
  ),
  RETRIES_USED_UP: fixable(
    'All retries are used up, and a last lookup at the identity provider found no account.',
    'Find the cause in the attempts and fix it.',
  ),
  PASSWORD_NOT_SEALED: unusable(
    'The password cannot be decrypted.',
    'Retry with a new password (retryEntry). Enqueue accounts with enqueueAccount instead of SQL.',
  ),

  PROVIDER_TOKEN_INVALID: configuration(
    'The identity provider does not accept the token: it is wrong, expired or revoked.',
    'Put a valid token into ZITADEL_TOKEN_FILE (read again automatically) or ZITADEL_TOKEN, or use a service account’s key (ZITADEL_KEY_FILE).',
  ),
  PROVIDER_TOKEN_UNAVAILABLE: configuration(
    'The token for the identity provider could not be read, so nothing was sent.',
    'Check ZITADEL_TOKEN, or ZITADEL_TOKEN_FILE: the file must exist, be readable and not be empty.',
  ),
  PROVIDER_KEY_UNUSABLE: configuration(
    'The service account’s key cannot be used, so nothing was sent.',
    'Put the JSON file that Zitadel’s console issues for a new key of the service account at ZITADEL_KEY_FILE.',
  ),
  PROVIDER_KEY_REFUSED: configuration(
    'The identity provider issues no token for the service account’s key. The key has expired or was deleted, the service account is gone or inactive, the clock of this machine is wrong, or ZITADEL_URL (or ZITADEL_INSTANCE_HOST) is not Zitadel’s external address.',
    'Create a new key in Zitadel’s console and put its file at ZITADEL_KEY_FILE, or fix the clock or the address.',
  ),
  PROVIDER_PERMISSION_DENIED: configuration(
    'The identity provider accepts the token but denies the permission, or a proxy in front of it does.',
    'Give the service account the role ORG_USER_MANAGER in the organization (ZITADEL_ORGANIZATION_ID).',
  ),
  PROVIDER_NOT_FOUND: configuration(
    'The address answers, but nothing there creates accounts (404).',
    'Check ZITADEL_URL; set ZITADEL_INSTANCE_HOST to Zitadel’s external domain if it is reached under another name; Zitadel must be version 4 or newer.',
  ),
  PROVIDER_TOO_OLD: configuration(
    'The server does not know the call that creates accounts.',
    'Upgrade Zitadel to version 4 or newer.',
  ),
  PROVIDER_ORGANIZATION_UNKNOWN: configuration(
    'The identity provider has no organization with the id of ZITADEL_ORGANIZATION_ID.',
    'Correct ZITADEL_ORGANIZATION_ID, or leave it out to use the token’s own organization.',
  ),
  PROVIDER_REDIRECTED: configuration(
    'The address of the identity provider redirects elsewhere, and a request with a password does not follow.',
    'Set ZITADEL_URL to the final address (often https instead of http).',
  ),
  PROVIDER_QUOTA_EXHAUSTED: configuration(
    'A quota or limit of the Zitadel instance is used up.',
    'Raise it, or wait for its next period; nothing is lost meanwhile.',
  ),

  OUTCOME_UNKNOWN: define(
    'unknown',
    'The request to create the account was sent, but no readable answer arrived: the account may exist. The next attempt first looks up whether it does.',
    null,
  ),
} as const satisfies Readonly<Record<string, FailureDefinition>>;

export type FailureCode = keyof typeof FAILURES;

/** The codes, grouped by class. */
export const FAILURE_CODES = Object.keys(FAILURES) as FailureCode[];

/** Returns the definition of a code; null for an unknown one, which a row written with SQL may have. */
export const definitionOf = (code: string): FailureDefinition | null =>
  (FAILURES as Readonly<Record<string, FailureDefinition>>)[code] ?? null;
