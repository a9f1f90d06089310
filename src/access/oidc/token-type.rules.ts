/**
 * Decides whether a JWT of the issuer is an access token. An ID token says who signed in at some client. It
 * has the same signature and, with Zitadel, the same audience, but a client that holds one was not given
 * access to this API. RFC 9068 types access tokens `at+jwt`. Zitadel, Keycloak and Entra ID type both kinds
 * `JWT`; for these, claims that only an ID token has decide.
 */

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
