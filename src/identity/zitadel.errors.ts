/**
 * Every way in which the identity provider can fail us: a stable code, the class that decides
 * about retries, and a sentence that says what happened and what an operator can do. The
 * provider's own words are translated and change between versions: they are only appended.
 */
import type { FailureClass, ProviderFailure } from './provider.ts';

export const PROVIDER_ERRORS = {
  // ------------------------------------------------ transient: tried again by itself
  PROVIDER_UNREACHABLE: {
    class: 'transient',
    message:
      'No connection to the identity provider could be made; nothing was sent. It is tried again by itself. If it stays so, check ZITADEL_URL, the firewall, and that the provider runs.',
  },
  PROVIDER_DNS_FAILED: {
    class: 'transient',
    message:
      'The name of the identity provider could not be resolved; nothing was sent. It is tried again by itself. If it stays so, check the host name in ZITADEL_URL, and this machine’s name resolution.',
  },
  PROVIDER_TLS_FAILED: {
    class: 'transient',
    message:
      'No secure connection to the identity provider could be made; nothing was sent. It is tried again by itself, but will stay so until the cause is mended.',
  },
  PROVIDER_TIMEOUT: {
    class: 'transient',
    message:
      'The identity provider did not answer in time. It is tried again by itself. If it stays so, look at the provider’s load, or raise PROVIDER_TIMEOUT.',
  },
  PROVIDER_CONNECTION_LOST: {
    class: 'transient',
    message:
      'The connection to the identity provider was cut before it had answered. It is tried again by itself. If it stays so, look at the provider and at proxies on the way.',
  },
  PROVIDER_UNAVAILABLE: {
    class: 'transient',
    message:
      'The identity provider, or a proxy before it, says that it is unavailable. It is tried again by itself. If it stays so, look whether the provider runs and is ready.',
  },
  PROVIDER_RATE_LIMITED: {
    class: 'transient',
    message:
      'The identity provider, or a proxy before it, asks for fewer calls. It is tried again by itself, not before the time it asked for. If it stays so, lower PROVIDER_CONCURRENCY.',
  },
  PROVIDER_INTERNAL_ERROR: {
    class: 'transient',
    message:
      'The identity provider had an internal error. It is tried again by itself. If it stays so, look for the request id in the provider’s log.',
  },
  PROVIDER_CONFLICT: {
    class: 'transient',
    message: 'The identity provider gave up because of another change at the same time. It is tried again by itself.',
  },
  PROVIDER_STATE_UNCLEAR: {
    class: 'transient',
    message:
      'The identity provider refused because of a state that it does not show: it says that the account exists, and does not find it. It is tried again by itself. If it stays so, look for the user id in the provider’s console.',
  },
  PROVIDER_ANSWER_UNREADABLE: {
    class: 'transient',
    message:
      'What answered is not an identity provider’s answer. It is tried again by itself. If it stays so, check that ZITADEL_URL leads to Zitadel and not to a proxy’s own page.',
  },
  PROVIDER_ANSWER_UNEXPECTED: {
    class: 'transient',
    message:
      'What answered refused the request in a way that Zitadel does not. It is tried again by itself. If it stays so, look at proxies and firewalls before the provider.',
  },
  PROVIDER_TOKEN_REQUEST_FAILED: {
    class: 'transient',
    message:
      'The identity provider had an internal error when it was asked for a token. It is tried again by itself. If it stays so: Zitadel says the same of a request that it does not believe, so check the key in ZITADEL_KEY_FILE, this machine’s clock, and that ZITADEL_URL (or ZITADEL_INSTANCE_HOST) is Zitadel’s external address.',
  },
  ACCOUNT_VANISHED: {
    class: 'transient',
    message:
      'The account was at the identity provider a moment ago and is gone now; somebody may have deleted it. It is tried again by itself, and made anew if need be.',
  },

  // ------------------------------------------------ permanent: this entry cannot succeed as it is
  PASSWORD_REFUSED: {
    class: 'permanent',
    message:
      'The identity provider refuses the password. Retry the entry with a password that meets its policy, or change the policy there.',
  },
  ACCOUNT_DATA_REFUSED: {
    class: 'permanent',
    message:
      'The identity provider refuses the account’s data. Look at the username and the full name, and enqueue the account anew.',
  },
  USERNAME_TAKEN_AT_PROVIDER: {
    class: 'permanent',
    message:
      'Another account at the identity provider has this username. Enqueue the account anew under another username, or free the name there and retry the entry.',
  },
  ACCOUNT_BELONGS_TO_ANOTHER: {
    class: 'permanent',
    message:
      'The identity provider has an account under this entry’s id that is not the one asked for (another username or organization). Look at that user in the provider’s console, then enqueue the account anew.',
  },

  // ------------------------------------------------ configuration: once a check confirms it, no entry's fault, and the circuit opens
  PROVIDER_TOKEN_INVALID: {
    class: 'configuration',
    message:
      'The identity provider does not accept our token: it is wrong, expired or withdrawn. Put a valid one into ZITADEL_TOKEN or ZITADEL_TOKEN_FILE, or use a service account’s key (ZITADEL_KEY_FILE).',
  },
  PROVIDER_TOKEN_UNAVAILABLE: {
    class: 'configuration',
    message:
      'The token for the identity provider could not be read, so nothing was sent. Check ZITADEL_TOKEN, or ZITADEL_TOKEN_FILE: it must exist, be readable and not be empty.',
  },
  PROVIDER_KEY_UNUSABLE: {
    class: 'configuration',
    message:
      'The service account’s key cannot be used, so nothing was sent. ZITADEL_KEY_FILE must name the JSON file that Zitadel’s console gives out for a new key of the service account.',
  },
  PROVIDER_KEY_REFUSED: {
    class: 'configuration',
    message:
      'The identity provider gives no token for the service account’s key. The key has expired or was deleted, the service account is gone or inactive, this machine’s clock is wrong, or ZITADEL_URL (or ZITADEL_INSTANCE_HOST) is not Zitadel’s external address. Make a new key in the console and put its file at ZITADEL_KEY_FILE, or mend what else it is.',
  },
  PROVIDER_PERMISSION_DENIED: {
    class: 'configuration',
    message:
      'The identity provider knows our token but does not let it do this. Give the service account the role ORG_USER_MANAGER in the organization (ZITADEL_ORGANIZATION_ID). If a proxy stands before the provider, it may be what refuses.',
  },
  PROVIDER_NOT_FOUND: {
    class: 'configuration',
    message:
      'The address answers, but nothing there creates accounts (404). Check ZITADEL_URL; set ZITADEL_INSTANCE_HOST to Zitadel’s external domain if it is reached under another name; Zitadel must be version 4 or newer.',
  },
  PROVIDER_TOO_OLD: {
    class: 'configuration',
    message: 'The server does not know the call that creates accounts. Zitadel must be version 4 or newer: upgrade it.',
  },
  PROVIDER_ORGANIZATION_UNKNOWN: {
    class: 'configuration',
    message:
      'The identity provider has no organization with the id of ZITADEL_ORGANIZATION_ID. Check it, or leave it out: the token’s own organization is used then.',
  },
  PROVIDER_REDIRECTED: {
    class: 'configuration',
    message:
      'The identity provider’s address redirects elsewhere, and a request with a password is not sent after it. Set ZITADEL_URL to the final address (often https instead of http).',
  },
  PROVIDER_QUOTA_EXHAUSTED: {
    class: 'configuration',
    message:
      'A quota or limit of the Zitadel instance is used up. Raise it, or wait for its next period; nothing is lost meanwhile.',
  },

  // ------------------------------------------------ unknown: look before deciding
  OUTCOME_UNKNOWN: {
    class: 'unknown',
    message:
      'The request to create the account was sent, but no readable answer came back: the account may exist. The next look at the provider decides; nothing need be done.',
  },
} as const satisfies Record<string, { readonly class: FailureClass; readonly message: string }>;

export type ProviderErrorCode = keyof typeof PROVIDER_ERRORS;

const KNOWN: Readonly<Record<string, { readonly class: FailureClass; readonly message: string }>> = PROVIDER_ERRORS;

/** Our own sentence for a code, without anything that the provider said of one entry; null for a code that is not ours. */
export const sentenceFor = (code: string): string | null => KNOWN[code]?.message ?? null;

/** The class of a code; null for one that is not ours. */
export const classOf = (code: string): FailureClass | null => KNOWN[code]?.class ?? null;

export interface FailureDetails {
  /** A sentence of ours about this one case. */
  readonly detail?: string;
  /** The provider's own words: shortened, made printable, freed of the secrets. */
  readonly providerText?: string;
  readonly providerRequestId?: string;
  readonly retryAfterMs?: number;
}

/** Builds the failure of this code: its class and message as listed, the details appended. */
export function providerFailure(code: ProviderErrorCode, details: FailureDetails = {}): ProviderFailure {
  const { detail, providerText, providerRequestId, retryAfterMs } = details;
  const definition = PROVIDER_ERRORS[code];
  const said = providerText === undefined ? '' : ` The provider said: “${providerText}”.`;
  return {
    kind: 'failure',
    class: definition.class,
    code,
    message: `${definition.message}${detail === undefined ? '' : ` ${detail}`}${said}`,
    ...(providerRequestId === undefined ? {} : { providerRequestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
