import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeToken, looksLikeToken, RANDOM_BYTES } from './token-format.rules.ts';

const random = fc.uint8Array({ minLength: RANDOM_BYTES, maxLength: RANDOM_BYTES }).map((bytes) => Buffer.from(bytes));

describe('an API token', () => {
  it('has its visible beginning, all its random bytes and a checksum', () => {
    fc.assert(
      fc.property(random, (bytes) => {
        const { token, prefix } = composeToken(bytes);
        expect(token).toMatch(/^fhj_[a-z0-9]{8}_[\w-]{49}$/);
        expect(token.startsWith(`${prefix}_`)).toBe(true);
        expect(Buffer.from(token.slice(13, 56), 'base64url')).toEqual(bytes.subarray(8));
        expect(looksLikeToken(token)).toBe(true);
      }),
    );
  });

  it('is told from one with any one character changed', () => {
    const { token } = composeToken(randomBytes(RANDOM_BYTES));
    for (let at = 0; at < token.length; at++) {
      const changed = `${token.slice(0, at)}${token[at] === 'a' ? 'b' : 'a'}${token.slice(at + 1)}`;
      expect(looksLikeToken(changed), `character ${at}`).toBe(false);
    }
  });

  it('is told from anything else', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        expect(looksLikeToken(text)).toBe(false);
      }),
    );
  });
});
