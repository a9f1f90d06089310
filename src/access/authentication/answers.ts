/** The result of an authentication: a caller, or a refusal that says what to do (RFC 6750, section 3). */
import type { Admitted, Refused } from '../../http/gate.ts';
import type { Proof, Verdict } from './proven.ts';

interface Recognised extends Admitted {
  /** The verified credential; undefined if none is needed. */
  readonly proof: Proof | undefined;
}

export type Authenticated = Recognised | Refused;

const REALM = 'Bearer realm="family-hub-jobs"';

/** The request has no credential. */
export const NOT_SHOWN: Refused = {
  kind: 'refused',
  status: 401,
  code: 'UNAUTHENTICATED',
  message:
    'Authenticate: send "Authorization: Bearer …" with an API token (createApiToken creates one), the admin token or a token of the issuer. In a browser, sign in at /sign-in.',
  wwwAuthenticate: REALM,
};

export const UNREADABLE: Refused = {
  kind: 'refused',
  status: 401,
  code: 'UNAUTHENTICATED',
  message: 'The Authorization header is not "Bearer" and a token. Example: Authorization: Bearer fhj_…',
  wwwAuthenticate: `${REALM}, error="invalid_request", error_description="Bearer and a token are wanted"`,
};

export const DATABASE_AWAY: Refused = {
  kind: 'refused',
  status: 503,
  code: 'SERVICE_UNAVAILABLE',
  message: 'The database cannot be reached, so your credential cannot be checked. Try again in a moment.',
  retryAfterSeconds: 2,
};

export function throttled(forMs: number): Refused {
  const retryAfterSeconds = Math.max(1, Math.ceil(forMs / 1_000));
  return {
    kind: 'refused',
    status: 429,
    code: 'RATE_LIMITED',
    message: `Too many wrong credentials came from your address. This one was not checked; try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  };
}

/** Converts a failed verification to a refusal. */
export function refusalOf({ failure, message }: Extract<Verdict, { failure: string }>): Refused {
  const refused = { kind: 'refused', message } as const;
  switch (failure) {
    case 'unavailable':
      return { ...refused, status: 503, code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 5 };
    case 'forbidden':
      return { ...refused, status: 403, code: 'FORBIDDEN', wwwAuthenticate: `${REALM}, error="insufficient_scope"` };
    default:
      return {
        ...refused,
        status: 401,
        code: 'UNAUTHENTICATED',
        wwwAuthenticate: `${REALM}, error="invalid_token", error_description="${forHeader(message)}"`,
      };
  }
}

/** RFC 6750, section 3: printable ASCII without quotes and backslashes. */
const forHeader = (text: string): string => text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');
