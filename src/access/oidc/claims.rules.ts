/**
 * Derives a caller from an issuer's claims: its id, name, role and family. Claims are untrusted text: those that
 * are displayed are cleaned, and those that decide access must match exactly.
 *
 * Decides whether a JWT of the issuer is an access token. An ID token says who signed in at some client. It has
 * the same signature and, with Zitadel, the same audience, but a client that holds one was not given access to
 * this API. RFC 9068 types access tokens `at+jwt`. Zitadel, Keycloak and Entra ID type both kinds `JWT`; for
 * these, claims that only an ID token has decide.
 */
import type { Role } from '../../work/caller.ts';
import { isReserved } from '../tokens/token-format.rules.ts';

/** Media types in short form, in lower case (RFC 7515, 4.1.9). */
const ACCESS_TOKEN = 'at+jwt';
const UNTYPED = 'jwt';

/** OpenID Connect Core, 2 and 3.3.2.11: the client's nonce, and hashes of what was issued with the ID token. */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash'] as const;

/** Returns why a token that the issuer signed is not an access token; undefined if nothing says so. */
export function noAccessToken(
  header: { readonly typ?: unknown },
  claims: Readonly<Record<string, unknown>>,
): string | undefined {
  const type = typeof header.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : UNTYPED;
  if (type === ACCESS_TOKEN) return undefined;
  if (type !== UNTYPED) return `The token is a "${type}". Send the access token that the issuer gave with it.`;
  // Keycloak names the type in a claim; before version 25 its access tokens also had a nonce.
  if (claims.typ === 'Bearer') return undefined;
  return claims.typ === 'ID' || OF_ID_TOKENS.some((name) => Object.hasOwn(claims, name))
    ? 'The token is an ID token, which says who signed in at a client. Send the access token that the issuer gave with it.'
    : undefined;
}

/** How much the clocks of the issuer and of this server may differ, in seconds. */
export const CLOCK_TOLERANCE_S = 30;

export interface ClaimRules {
  /** A claim's name. If no claim has the whole name, its dots are a path into nested objects. */
  readonly roleClaim: string;
  readonly roles: ReadonlyMap<string, Role>;
  /** Undefined: callers are bound to no family. */
  readonly familyClaim: string | undefined;
}

/** The rules of the configured issuer. */
export interface IssuerRules extends ClaimRules {
  /** A keyed digest of everything in the configuration that decides who gets access with which role. */
  readonly sourceDigest: string;
}

interface ClaimedCaller {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly familyId: string | null;
}

export type ClaimAnswer =
  | { readonly caller: ClaimedCaller }
  /** `isForbidden`: the caller is known but has no access; otherwise the claims are unusable. */
  | { readonly problem: string; readonly isForbidden: boolean };

/** If a caller has several roles, the first in this list counts. */
const STRONGEST_FIRST: readonly Role[] = ['admin', 'operator', 'enqueuer', 'viewer'];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LONGEST_NAME = 100;

/** Returns the caller that the claims of a verified token describe, or why there is none. */
export function callerOfClaims(claims: Readonly<Record<string, unknown>>, rules: ClaimRules): ClaimAnswer {
  const { sub } = claims;
  // OpenID Connect Core, 2: at most 255 ASCII characters.
  if (typeof sub !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(sub))
    return { problem: 'It names no subject (sub) that can be used.', isForbidden: false };
  const given = textsOf(claimOf(claims, rules.roleClaim));
  const role = STRONGEST_FIRST.find((one) => given.some((name) => rules.roles.get(name) === one));
  if (role === undefined)
    return {
      problem: `None of your roles at the issuer (claim ${rules.roleClaim}) is a role of this server. Ask an administrator of the issuer; OIDC_ROLE_MAP says which roles count.`,
      isForbidden: true,
    };
  const family = rules.familyClaim === undefined ? '*' : claimOf(claims, rules.familyClaim);
  if (family !== '*' && (typeof family !== 'string' || !UUID.test(family)))
    return {
      problem: `The issuer binds you to no family (claim ${rules.familyClaim}: a family's id, or * for all families).`,
      isForbidden: true,
    };
  return {
    caller: {
      // Includes the family: after a move to another family it is another caller, with separate keys and entries.
      id: family === '*' ? `oidc:${sub}` : `oidc:${sub}@${family.toLowerCase()}`,
      name: nameOf(claims, sub),
      role,
      familyId: family === '*' ? null : family.toLowerCase(),
    },
  };
}

/** Returns the claim with that whole name, else the one at its dotted path; reads own properties only. */
export function claimOf(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** Accepts a string, a list of strings, or an object, of which it returns the keys. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string');
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function nameOf(claims: Readonly<Record<string, unknown>>, sub: string): string {
  for (const given of [claims.name, claims.preferred_username, claims.email]) {
    const name = typeof given === 'string' ? visible(given) : '';
    if (name !== '') return isReserved(name) ? `${name} (${sub})` : name;
  }
  return sub;
}

/** Removes control characters, invisible ones and those that change the direction of writing, and truncates. */
const visible = (text: string): string =>
  [...text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim()].slice(0, LONGEST_NAME).join('');
