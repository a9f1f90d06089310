/**
 * Is a JWT of the issuer an access token? An ID token says who signed in at some client, has the
 * same signature and, with Zitadel, the same audience; a client that holds one was not given the
 * right to call here. RFC 9068 types access tokens `at+jwt`. Zitadel, Keycloak and Entra ID type both
 * kinds `JWT`, so there the claims decide which only an ID token has.
 */

/** Media types in short form, in lower case (RFC 7515, 4.1.9). */
const ACCESS_TOKEN = 'at+jwt';
const UNTYPED = 'jwt';

/** OpenID Connect Core, 2 and 3.3.2.11: hashes of what an ID token comes with, and what its client sent along. */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash'] as const;

/** Why a token that the issuer signed is no access token; undefined if it is one, as far as it says. */
export function noAccessToken(
  header: { readonly typ?: unknown },
  claims: Readonly<Record<string, unknown>>,
): string | undefined {
  const type = typeof header.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : UNTYPED;
  if (type === ACCESS_TOKEN) return undefined;
  if (type !== UNTYPED) return `The token is a "${type}". Send the access token that the issuer gave with it.`;
  // Keycloak says it in a claim; its access tokens had a nonce too before version 25.
  if (claims.typ === 'Bearer') return undefined;
  return claims.typ === 'ID' || OF_ID_TOKENS.some((name) => Object.hasOwn(claims, name))
    ? 'The token is an ID token, which says who signed in at a client. Send the access token that the issuer gave with it.'
    : undefined;
}
