/**
 * An encrypted ("sealed") text is a compact JWE (RFC 7516): `dir` + `A256GCM`, the key's id as `kid`, and the
 * row it belongs to as `row` in the protected header, so that it cannot be moved to another row. Written with
 * node:crypto because `jose` costs 60 to 90 µs per entry, several times the cipher itself; tests prove that
 * `jose` decrypts our texts and that we decrypt those of `jose`.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export class UnsealError extends Error {
  override readonly name = 'UnsealError';
}

/** Reads a header, which needs no key. Throws UnsealError for a text that is not in our format. */
export function headerOf(sealed: string): { kid: string; row: string } {
  const encoded = sealed.slice(0, sealed.indexOf('.'));
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
  } catch {
    throw new UnsealError('it is not sealed');
  }
  if (typeof header !== 'object' || header === null) throw new UnsealError('it is not sealed');
  const { alg, enc, kid, row } = header as Record<string, unknown>;
  if (alg !== 'dir' || enc !== 'A256GCM' || typeof kid !== 'string' || typeof row !== 'string') {
    throw new UnsealError('it is not sealed by this server');
  }
  return { kid, row };
}

/** Encrypts a text for one row. `key` has 32 bytes. */
export function seal(plain: string, row: string, kid: string, key: Buffer): string {
  const header = Buffer.from(`{"alg":"dir","enc":"A256GCM","kid":"${kid}","row":"${row}"}`).toString('base64url');
  const iv = nextIv();
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(header, 'ascii'));
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return `${header}..${iv.toString('base64url')}.${body.toString('base64url')}.${cipher.getAuthTag().toString('base64url')}`;
}

const IV_BYTES = 12;
let ivs = Buffer.alloc(0);

/** Returns a random IV that is used only once. Many are drawn at a time, because each draw is a system call. */
function nextIv(): Buffer {
  if (ivs.length < IV_BYTES) ivs = randomBytes(IV_BYTES * 256);
  const iv = ivs.subarray(0, IV_BYTES);
  ivs = ivs.subarray(IV_BYTES);
  return iv;
}

/** Decrypts what `seal` encrypted for this row. Throws UnsealError if it was moved, altered or under another key. */
export function unseal(sealed: string, row: string, key: Buffer): string {
  if (headerOf(sealed).row !== row) throw new UnsealError('it belongs to another entry');
  const parts = sealed.split('.');
  const [header, encryptedKey, iv, body, tag] = parts;
  if (parts.length !== 5 || header === undefined || encryptedKey !== '' || !iv || body === undefined || !tag) {
    throw new UnsealError('it is not a complete JWE');
  }
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(header, 'ascii')).setAuthTag(Buffer.from(tag, 'base64url'));
    return Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]).toString('utf8');
  } catch {
    throw new UnsealError('it was altered, or encrypted with another key');
  }
}

/**
 * Our header begins with 36 fixed characters, followed by the 36 of the key's id. Base64 encodes each part
 * separately (groups of 3 characters as 4), so the first 96 characters of what `seal` returns identify the
 * key, also in SQL.
 */
const BEGINNING = Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"').toString('base64url');

/** Returns the first 96 characters of every text encrypted under this key. */
export const beginningOf = (keyId: string): string => BEGINNING + Buffer.from(keyId).toString('base64url');

/** In SQL: the first 96 characters of the texts that can be decrypted, as an array. */
export const KNOWN_BEGINNINGS = `ARRAY(
  SELECT '${BEGINNING}' || encode(id::text::bytea, 'base64') FROM auth.data_protection_keys WHERE retired_at IS NULL)`;

/** Returns the key's id from the first 96 characters of a text; undefined if the text is not ours. */
export function keyIdOf(beginning: string): string | undefined {
  if (beginning.length !== 96 || !beginning.startsWith(BEGINNING)) return undefined;
  return Buffer.from(beginning.slice(BEGINNING.length), 'base64url').toString('utf8');
}
