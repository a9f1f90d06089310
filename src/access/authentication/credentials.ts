/** What a request shows of who sends it: a bearer token, or a browser's cookie. */
import type { IncomingMessage } from 'node:http';
import { cookieValue, publicOrigin } from '../sessions/browser.ts';
import { sha256 } from './given-secret.ts';

/** A token in the header, or a session's cookie. */
export interface Credential {
  readonly kind: 'bearer' | 'session';
  readonly text: string;
  /** SHA-256 of the text. */
  readonly digest: Buffer;
  /** Tells credentials apart without holding them. */
  readonly key: string;
}

export function credentialFrom(kind: Credential['kind'], text: string): Credential {
  const digest = sha256(text);
  return { kind, text, digest, key: `${kind} ${digest.toString('latin1')}` };
}

/**
 * The header counts before the cookie: who writes one means it. Undefined when neither is there;
 * `unreadable` is a header of another scheme, or one without a token.
 */
export function credentialOf(
  { headers }: IncomingMessage,
  publicUrl: string | undefined,
): Credential | 'unreadable' | undefined {
  if (headers.authorization !== undefined) {
    const match = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization.trim());
    return match === null ? 'unreadable' : credentialFrom('bearer', match[1] ?? '');
  }
  const cookie = cookieValue(headers, 'session', publicOrigin(headers, publicUrl));
  return cookie === undefined ? undefined : credentialFrom('session', cookie);
}
