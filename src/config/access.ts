/** Who may call, and how callers are recognised; part of the settings. */
import { z } from 'zod';
import { readAddresses } from '../http/address.ts';
import { duration, integer, setting, text, url } from './values.ts';

/** What a secret of a caller must be like, wherever it is given. Also for those that are read from files. */
export const SECRET_PATTERN = /^[\x21-\x7e]{32,512}$/;
const secret = () =>
  z.string().regex(SECRET_PATTERN, { error: 'has not 32 to 512 visible ASCII characters without spaces' });

/** Addresses and networks, separated by commas. */
const addresses = () =>
  z
    .string()
    .transform((written) => written.split(',').map((part) => part.trim()))
    .refine((texts) => readAddresses(texts) !== undefined, {
      error: 'is not a list of addresses or networks, separated by commas',
    });

const ROLES = ['VIEWER', 'OPERATOR', 'ENQUEUER', 'ADMIN'] as const;

/** `claim=ROLE,other claim=ROLE` as a map from what the issuer says to a role in lower case. */
const roleMap = () =>
  z.string().transform((written, context) => {
    const map = new Map<string, Lowercase<(typeof ROLES)[number]>>();
    for (const pair of written.split(',')) {
      const at = pair.lastIndexOf('=');
      const [name, given] = [pair.slice(0, Math.max(0, at)).trim(), pair.slice(at + 1).trim()];
      const role = ROLES.find((one) => one === given);
      if (name === '' || role === undefined) {
        context.addIssue({
          code: 'custom',
          message: `has "${pair.trim()}" where a name and one of ${ROLES.join(', ')} are wanted`,
        });
        return z.NEVER;
      }
      map.set(name, role.toLowerCase() as Lowercase<typeof role>);
    }
    return map as ReadonlyMap<string, Lowercase<(typeof ROLES)[number]>>;
  });

export const ACCESS_SETTINGS = {
  ADMIN_TOKEN: setting({
    schema: secret(),
    example: '"$(openssl rand -base64 32)"',
    means:
      'A token that may do everything, for the first step: with it API tokens are made. At least 32 characters. With it (or `OIDC_ISSUER`) every caller must say who it is; without, only this machine can connect.',
    isSecret: true,
  }),
  ADMIN_TOKEN_FILE: setting({
    schema: text(),
    example: '/run/secrets/admin-token',
    means: 'A file that holds the admin token, instead of `ADMIN_TOKEN`; read again when it changes.',
  }),
  METRICS_TOKEN: setting({
    schema: secret(),
    example: '"$(openssl rand -base64 32)"',
    means: 'A token that may read `/metrics` and nothing else. At least 32 characters.',
    isSecret: true,
  }),
  METRICS_TOKEN_FILE: setting({
    schema: text(),
    example: '/run/secrets/metrics-token',
    means: 'A file that holds the metrics token, instead of `METRICS_TOKEN`; read again when it changes.',
  }),
  OIDC_ISSUER: setting({
    schema: url('https:', 'http:'),
    example: 'https://id.example.org',
    means:
      'An OpenID Connect issuer whose access tokens (JWTs) are accepted, and at which people sign in; exactly as its discovery document names itself. ID tokens are refused. `http://` only on this machine.',
  }),
  OIDC_AUDIENCE: setting({
    schema: text(),
    example: '273889123456789012',
    means:
      'What the issuer’s tokens must be made for (`aud`); with Zitadel the project’s id. Needed with `OIDC_ISSUER`.',
  }),
  OIDC_CLIENT_ID: setting({
    schema: text(),
    example: '273889123456789013@family-hub',
    means:
      'The client that browsers sign in as (code flow with PKCE); its redirect address is `/sign-in/callback` on this server. Unset: browsers sign in with a token only.',
  }),
  OIDC_CLIENT_SECRET: setting({
    schema: text(),
    example: 's3cret',
    means: 'That client’s secret, where the issuer wants one; it is sent as HTTP Basic.',
    isSecret: true,
  }),
  OIDC_SCOPES: setting({
    schema: text().refine((scopes) => scopes.split(/\s+/).includes('openid'), { error: 'does not hold openid' }),
    default: 'openid profile email',
    example: 'openid profile email urn:zitadel:iam:org:projects:roles',
    means: 'What is asked of the issuer at a sign-in; `openid` must be among it.',
  }),
  OIDC_ROLE_CLAIM: setting({
    schema: text(),
    default: 'roles',
    example: 'urn:zitadel:iam:org:project:roles',
    means:
      'The claim that holds the caller’s roles: a text, a list, or an object whose keys they are (as Zitadel’s). Dots lead into objects: `realm_access.roles`.',
  }),
  OIDC_ROLE_MAP: setting({
    schema: roleMap(),
    default:
      'family-hub-admin=ADMIN,family-hub-operator=OPERATOR,family-hub-enqueuer=ENQUEUER,family-hub-viewer=VIEWER',
    example: 'jobs-admin=ADMIN,support=VIEWER',
    means:
      'Which of the issuer’s roles is which role here. Of several, the first of `ADMIN`, `OPERATOR`, `ENQUEUER`, `VIEWER` counts; who has none is refused.',
  }),
  OIDC_FAMILY_CLAIM: setting({
    schema: text(),
    example: 'family_id',
    means:
      'The claim that binds a caller to one family, by its id. When set, a caller without it is refused; `*` in it means all families. Unset: all callers of the issuer see all families.',
  }),
  OIDC_CLOCK_TOLERANCE: setting({
    schema: duration(0),
    default: '30s',
    example: '1m',
    means: 'By how much the issuer’s clock and this one may differ.',
  }),
  SESSION_LIFETIME: setting({
    schema: duration(60_000),
    default: '12h',
    example: '8h',
    means: 'How long a browser stays signed in.',
  }),
  PUBLIC_URL: setting({
    schema: url('https:', 'http:'),
    example: 'https://jobs.example.org',
    means:
      'Where browsers reach the server, when something in front of it changes the host. Unset: as the request says, over `https` unless it is this machine.',
  }),
  TRUSTED_PROXIES: setting({
    schema: addresses(),
    example: '10.0.0.5,10.1.0.0/16',
    means:
      'Addresses (or networks) of what stands in front of the server: of their requests the caller’s address is the last one in `X-Forwarded-For` that is none of them. Without it, all callers behind a proxy share one address: in the audit trail, and when guessing is slowed.',
  }),
  AUTHENTICATION_FAILURES_PER_MINUTE: setting({
    schema: integer(1, 1_000_000),
    default: '10',
    example: '20',
    means:
      'So many wrong credentials from one address within a minute, and whatever comes from it is answered with 429 unseen, right or wrong, but for API tokens and sessions that were good of late: for 30 s at first, twice as long each time, up to 15 min.',
  }),
} as const;
