import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { describe, expect, it } from 'vitest';
import { beginningOf, headerOf, keyIdOf, seal, UnsealError, unseal } from './jwe.ts';

const key = randomBytes(32);

describe('sealing', () => {
  it('opens what it sealed, and jose opens it too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.uuid(), async (plain, row) => {
        const sealed = seal(plain, row, 'k1', key);
        expect(unseal(sealed, row, key)).toBe(Buffer.from(plain, 'utf8').toString('utf8'));
        const { plaintext, protectedHeader } = await compactDecrypt(sealed, key);
        expect(Buffer.from(plaintext)).toEqual(Buffer.from(plain, 'utf8'));
        expect(protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM', kid: 'k1', row });
      }),
      { numRuns: 50 },
    );
  });

  it('opens what jose sealed', async () => {
    const sealed = await new CompactEncrypt(Buffer.from('correct horse'))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'k', row: 'r' })
      .encrypt(key);
    expect(unseal(sealed, 'r', key)).toBe('correct horse');
    expect(headerOf(sealed)).toEqual({ kid: 'k', row: 'r' });
  });

  it('never uses an initialisation vector twice', () => {
    const ivs = Array.from({ length: 2_000 }, () => seal('x', 'r', 'k', key).split('.')[2] ?? '');
    expect(new Set(ivs).size).toBe(2_000);
    for (const iv of ivs) expect(Buffer.from(iv, 'base64url')).toHaveLength(12);
  });

  it('names its key in its first 96 characters, and only its key', () => {
    fc.assert(
      fc.property(fc.string(), fc.uuid(), fc.uuid(), (plain, row, keyId) => {
        const sealed = seal(plain, row, keyId, key);
        expect(sealed.slice(0, 96)).toBe(beginningOf(keyId));
        expect(keyIdOf(sealed.slice(0, 96))).toBe(keyId);
        // PostgreSQL, which has no base64url, finds the same characters with base64.
        expect(Buffer.from(keyId).toString('base64')).toBe(sealed.slice(48, 96));
      }),
    );
    expect(keyIdOf('x'.repeat(96))).toBeUndefined();
    expect(keyIdOf('')).toBeUndefined();
  });

  it('refuses a ciphertext moved to another row', () => {
    expect(() => unseal(seal('x', 'row-1', 'k', key), 'row-2', key)).toThrow('it belongs to another entry');
  });

  it('refuses another key', () => {
    expect(() => unseal(seal('x', 'r', 'k', key), 'r', randomBytes(32))).toThrow(
      'it was altered, or encrypted with another key',
    );
  });

  it('refuses a change of any one character', () => {
    const sealed = seal('correct horse battery', 'r', 'k', key);
    for (let at = 0; at < sealed.length; at++) {
      if (sealed[at] === '.') continue;
      // The last base64url character may contain unused bits; a change of a used bit must be detected.
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'w' : 'A'}${sealed.slice(at + 1)}`;
      expect(() => unseal(changed, 'r', key), `character ${at}`).toThrow(UnsealError);
    }
  });

  it.each(['ENCRYPTED_PASSWORD_PLACEHOLDER', '', 'a.b.c.d.e', 'e30.....', 'bnVsbA....', 'eyJhbGciOiJkaXIifQ....'])(
    'says that %j is not sealed',
    (text) => {
      expect(() => unseal(text, 'r', key)).toThrow(UnsealError);
    },
  );
});
