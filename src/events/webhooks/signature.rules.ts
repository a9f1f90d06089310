/**
 * Signatures as Standard Webhooks has them (github.com/standard-webhooks/standard-webhooks): an
 * HMAC over id, time and body, so that a receiver can tell that a request is ours, whole and new.
 * While a secret takes another's place both sign, and the receiver may check by either.
 */
import { createHmac } from 'node:crypto';

export const SECRET_PREFIX = 'whsec_';
export const LEAST_SECRET_BYTES = 24;
export const MOST_SECRET_BYTES = 64;

/** The key's bytes as they are written and given to people. */
export const writeSecret = (key: Buffer): string => SECRET_PREFIX + key.toString('base64');

/** The bytes of a secret; undefined for a text that is none. */
export function readSecret(text: string): Buffer | undefined {
  const encoded = text.startsWith(SECRET_PREFIX) ? text.slice(SECRET_PREFIX.length) : '';
  const key = Buffer.from(encoded, 'base64');
  // Only the one way to write it: what a decoder passes over in silence, a receiver's may not.
  const isWhole = key.toString('base64') === encoded;
  return isWhole && key.length >= LEAST_SECRET_BYTES && key.length <= MOST_SECRET_BYTES ? key : undefined;
}

export interface Message {
  /** The same at every attempt, so that a receiver knows a duplicate by it. */
  readonly id: string;
  /** When it is sent: receivers refuse what is old. */
  readonly at: Date;
  readonly body: string;
}

/** The three headers of a message, signed under each of the secrets. Throws for one that `readSecret` does not read. */
export function signatureHeaders({ id, at, body }: Message, secrets: readonly string[]) {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = readSecret(secret);
    if (key === undefined) throw new Error('A webhook’s secret is not one of Standard Webhooks.');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
