/** Access control, part of the settings: which callers there are, how they authenticate, and what they may do. */
import { z } from 'zod';
import { duration, flag, list, secureUrl, setting, text } from './values.ts';

/** The format of a caller’s secret, in the environment and in files. */
export const SECRET_PATTERN = /^[\x21-\x7e]{32,512}$/;
const secret = () =>
  z.string().regex(SECRET_PATTERN, { error: 'must have 32 to 512 visible ASCII characters, without spaces' });

const ROLES = ['VIEWER', 'OPERATOR', 'ENQUEUER', 'ADMIN'] as const;

/** Parses names of roles, separated by commas, in any case. */
const roles = () =>
  list()
    .transform((names) => names.map((name) => name.toUpperCase()))
    .pipe(z.array(z.enum(ROLES, { error: `names a role that is not one of ${ROLES.join(', ')}` })))
    .transform((names) => names.map((name) => name.toLowerCase() as Lowercase<typeof name>));

/** Parses `claim=ROLE,other claim=ROLE` into a map from the issuer’s role to ours in lower case. */
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
          message: `has "${pair.trim()}" where a role of the issuer, = and one of ${ROLES.join(', ')} must be`,
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
      'A token that may do everything, for creating API tokens; at least 32 characters. With it (or `OIDC_ISSUER`) every caller must authenticate; without, only this machine can connect.',
    isInReadme: true,
    isSecret: true,
  }),
  ADMIN_TOKEN_FILE: setting({
    schema: text(),
    example: '/run/secrets/admin-token',
    means: 'A file with the admin token, instead of `ADMIN_TOKEN`; read again when it changes.',
  }),
  METRICS_TOKEN: setting({
    schema: secret(),
    example: '"$(openssl rand -base64 32)"',
    means: 'A token that may read `/metrics` and nothing else; at least 32 characters.',
    isSecret: true,
  }),
  METRICS_TOKEN_FILE: setting({
    schema: text(),
    example: '/run/secrets/metrics-token',
    means: 'A file with the metrics token, instead of `METRICS_TOKEN`; read again when it changes.',
  }),
  OIDC_ISSUER: setting({
    schema: secureUrl(),
    example: 'https://id.example.org',
    means:
      'An OpenID Connect issuer, exactly as its discovery document names itself. People sign in there, and the server accepts its access tokens (JWTs), not its ID tokens.',
    isInReadme: true,
  }),
  OIDC_AUDIENCE: setting({
    schema: text(),
    example: '273889123456789012',
    means:
      'The audience (`aud`) that tokens of the issuer must name; with Zitadel the id of the project. Needed with `OIDC_ISSUER`.',
  }),
  OIDC_CLIENT_ID: setting({
    schema: text(),
    example: '273889123456789013@family-hub',
    means:
      'The client for sign-in in browsers (code flow with PKCE, redirect to `/sign-in/callback`). Unset: browsers sign in with a token.',
  }),
  OIDC_CLIENT_SECRET: setting({
    schema: text(),
    example: 's3cret',
    means: 'The secret of that client, where the issuer requires one.',
    isSecret: true,
  }),
  OIDC_SCOPES: setting({
    schema: text().refine((scopes) => scopes.split(/\s+/).includes('openid'), { error: 'does not hold openid' }),
    default: 'openid profile email',
    example: 'openid profile email urn:zitadel:iam:org:projects:roles',
    means: 'The scopes that a sign-in requests; `openid` must be one of them.',
  }),
  OIDC_ROLE_CLAIM: setting({
    schema: text(),
    default: 'roles',
    example: 'urn:zitadel:iam:org:project:roles',
    means:
      'The claim with the roles of the caller: a string, a list, or an object whose keys are the roles (as in Zitadel). Dots descend into objects: `realm_access.roles`.',
  }),
  OIDC_ROLE_MAP: setting({
    schema: roleMap(),
    default:
      'family-hub-admin=ADMIN,family-hub-operator=OPERATOR,family-hub-enqueuer=ENQUEUER,family-hub-viewer=VIEWER',
    example: 'jobs-admin=ADMIN,support=VIEWER',
    means:
      'Which role of the issuer is which role here. Of several, the first of `ADMIN`, `OPERATOR`, `ENQUEUER`, `VIEWER` counts; a caller with none is refused.',
  }),
  OIDC_FAMILY_CLAIM: setting({
    schema: text(),
    example: 'family_id',
    means:
      'The claim with the id of the only family that the caller may see; `*` means all, and a caller without the claim is refused. Unset: everyone from the issuer sees all families.',
  }),
  SESSION_LIFETIME: setting({
    schema: duration(60_000),
    default: '12h',
    example: '8h',
    means: 'How long a browser stays signed in.',
  }),
  READ_ONLY: setting({
    schema: flag(),
    default: 'false',
    example: 'true',
    means: 'Refuse every mutation from everyone; the queue and the jobs go on.',
  }),
  REASON_REQUIRED: setting({
    schema: flag(),
    default: 'false',
    example: 'true',
    means:
      'Require a `reason` for mutations that cancel, stop, delete or revoke something, or change limits, schedules or keys.',
  }),
  MASK_PERSONAL_DATA_FOR: setting({
    schema: roles(),
    example: 'VIEWER,OPERATOR',
    means:
      'The roles that see no full names, no e-mail addresses and no messages that quote them, separated by commas. Unset: everyone sees them.',
  }),
} as const;
