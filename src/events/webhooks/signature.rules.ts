/**
 * Signatures by Standard Webhooks (github.com/standard-webhooks/standard-webhooks): an HMAC over id,
 * timestamp and body, by which a receiver verifies that a request is ours, unmodified and recent. During a
 * rotation both secrets sign, and the receiver may verify with either.
 */
import { createHmac } from 'node:crypto';

export const SECRET_PREFIX = 'whsec_';
export const LEAST_SECRET_BYTES = 24;
export const MOST_SECRET_BYTES = 64;

/** Returns a key in the text form of Standard Webhooks. */
export const writeSecret = (key: Buffer): string => SECRET_PREFIX + key.toString('base64');

/** Returns the bytes of a secret; undefined for an invalid one. */
export function readSecret(text: string): Buffer | undefined {
  const encoded = text.startsWith(SECRET_PREFIX) ? text.slice(SECRET_PREFIX.length) : '';
  const key = Buffer.from(encoded, 'base64');
  // Only canonical base64: a receiver's decoder may refuse what ours ignores.
  const isWhole = key.toString('base64') === encoded;
  return isWhole && key.length >= LEAST_SECRET_BYTES && key.length <= MOST_SECRET_BYTES ? key : undefined;
}

export interface Message {
  /** The same at every attempt, so that receivers recognise duplicates. */
  readonly id: string;
  /** When it is sent: receivers refuse old timestamps. */
  readonly at: Date;
  readonly body: string;
}

/** Returns the three headers of a message, signed with each secret. Throws Error for an invalid secret. */
export function signatureHeaders({ id, at, body }: Message, secrets: readonly string[]) {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = readSecret(secret);
    if (key === undefined) throw new Error('A webhook’s secret is not one of Standard Webhooks.');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
