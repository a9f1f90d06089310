/**
 * A service account's key, as Zitadel's console issues it, and the rules for tokens obtained with it: the audience
 * of the request, and when a new token is due.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { failureOf } from '../diagnosis/failure-messages.ts';
import type { ProviderFailure } from './provider.ts';
import { parseJson, record } from './zitadel-answers.rules.ts';

export interface ServiceAccountKey {
  readonly keyId: string;
  readonly userId: string;
  readonly privateKey: KeyObject;
}

/** Parses a key file, or returns what is wrong with it; the message quotes only the file's type. */
export function parseKeyFile(text: string, path: string): ServiceAccountKey | ProviderFailure {
  const parsed = parseJson(text);
  if (parsed === undefined) return keyUnusable(`The file ${path} is not JSON.`);
  const file = record(parsed) ?? {};
  if (file.type !== 'serviceaccount') {
    const type = typeof file.type === 'string' ? `"${file.type.slice(0, 40)}"` : 'missing';
    return keyUnusable(`The field "type" of ${path} is ${type}; it must be "serviceaccount".`);
  }
  const { keyId, userId, key } = file;
  const missing = Object.entries({ keyId, userId, key }).flatMap(([name, value]) =>
    typeof value === 'string' && value !== '' ? [] : [`"${name}"`],
  );
  if (typeof keyId !== 'string' || typeof userId !== 'string' || typeof key !== 'string' || missing.length > 0) {
    return keyUnusable(`The file ${path} lacks ${missing.join(', ')}.`);
  }
  try {
    // Zitadel writes PKCS#1, which jose does not read.
    const privateKey = createPrivateKey(key);
    if (privateKey.asymmetricKeyType === 'rsa') return { keyId, userId, privateKey };
    return keyUnusable(`The field "key" of ${path} is not an RSA key.`);
  } catch {
    return keyUnusable(`The field "key" of ${path} is not a readable private key in PEM.`);
  }
}

export function keyUnusable(detail: string): ProviderFailure {
  return failureOf('PROVIDER_KEY_UNUSABLE', { detail });
}

/**
 * Zitadel's external URL, the audience of a token request: ZITADEL_URL without its path, or, where
 * Zitadel is reached under another name, `https://` and ZITADEL_INSTANCE_HOST (`http://` for this
 * machine's own names, which have no certificate).
 */
export function issuerOf(url: string, instanceHost: string | undefined): string {
  if (instanceHost === undefined) return new URL(url).origin;
  const isOwnMachine = /^(localhost|[\w.-]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(instanceHost);
  return new URL(`${isOwnMachine ? 'http' : 'https'}://${instanceHost}`).origin;
}

export interface HeldToken {
  readonly token: string;
  /** From this time on a new token is requested, while this one is still used. */
  readonly refreshAt: number;
  /** From this time on the token is not sent any more. */
  readonly usableUntil: number;
  readonly expiresAt: number;
}

/** The token in a token endpoint's response, requested at `askedAt` (epoch ms); undefined if there is none. */
export function readTokenAnswer(body: string, askedAt: number): HeldToken | undefined {
  const answer = record(parseJson(body));
  const token = answer?.access_token;
  if (typeof token !== 'string' || token === '') return undefined;
  // RFC 6749 only recommends expires_in: if it is missing or invalid, five minutes are assumed.
  const seconds = Number(answer?.expires_in);
  const lifetimeMs = seconds > 0 && Number.isFinite(seconds) ? seconds * 1_000 : 300_000;
  return {
    token,
    refreshAt: askedAt + lifetimeMs * 0.75,
    // A request takes time to arrive.
    usableUntil: askedAt + lifetimeMs - Math.min(5_000, lifetimeMs * 0.1),
    expiresAt: askedAt + lifetimeMs,
  };
}
