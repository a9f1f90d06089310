/**
 * The format of an API token: `fhj_` + 8 visible characters + `_` + 32 random bytes + a checksum (CRC-32),
 * the last two in base64url. By the checksum, secret scanners recognise real tokens, and the server refuses
 * invented ones without a query.
 */
import { crc32 } from 'node:zlib';

/** Secret scanners use it too; see SECURITY.md. */
const PATTERN = /^(fhj_[a-z0-9]{8})_([\w-]{43})([\w-]{6})$/;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

export const RANDOM_BYTES = 40;

/** Composes a token from 40 random bytes: 8 for the visible part, 32 secret. */
export function composeToken(random: Buffer): { token: string; prefix: string } {
  const visible = [...random.subarray(0, 8)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  const prefix = `fhj_${visible}`;
  const body = `${prefix}_${random.subarray(8, RANDOM_BYTES).toString('base64url')}`;
  return { token: `${body}${checksum(body)}`, prefix };
}

/** True for every token that this server ever created, whether it is still valid or not. */
export function looksLikeToken(text: string): boolean {
  const match = PATTERN.exec(text);
  return match !== null && checksum(text.slice(0, -6)) === match[3];
}

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString('base64url');
}

const LONGEST_NAME = 60;
const NAME_PATTERN = /^[a-zA-Z0-9](?:[a-zA-Z0-9 ._-]*[a-zA-Z0-9])?$/;

/** Returns the problem with a name, or undefined. Look-alikes of other alphabets do not count as letters. */
export function tokenNameProblem(name: string): { code: string; message: string } | undefined {
  if (name.length < 1 || name.length > LONGEST_NAME)
    return { code: 'INVALID_LENGTH', message: `A token's name has 1 to ${LONGEST_NAME} characters.` };
  if (isReserved(name))
    return {
      code: 'RESERVED',
      message: 'The audit trail uses this name for another caller. Choose a name that says who uses the token.',
    };
  return NAME_PATTERN.test(name) && !name.includes('  ')
    ? undefined
    : {
        code: 'INVALID_CHARACTERS',
        message:
          "A token's name is made of a to z, A to Z, 0 to 9, and single spaces, dots, hyphens and underscores between them.",
      };
}

/** True for names that the audit trail uses for built-in callers. */
export const isReserved = (name: string): boolean => /^(local|admin token|the server\b.*)$/i.test(name.trim());
