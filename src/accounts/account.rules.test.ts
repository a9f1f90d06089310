import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fullNameProblem,
  generatePassword,
  normaliseFullName,
  normaliseUsername,
  passwordProblem,
  roleProblem,
  usernameProblem,
} from './account.rules.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom(...'abcXYZ019_- \té\u212a\u0130'), maxLength: 25 }),
);

describe('usernames', () => {
  it('are normalised once and for all', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const once = normaliseUsername(raw);
        expect(normaliseUsername(once)).toBe(once);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are accepted exactly when they are 3 to 20 of a-z, 0-9 and _', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const username = normaliseUsername(raw);
        expect(usernameProblem(username) === undefined).toBe(/^[a-z0-9_]{3,20}$/.test(username));
      }),
      { numRuns: 2_000 },
    );
  });

  it('of the right form are all accepted', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9_]{3,20}$/), (raw) => {
        expect(usernameProblem(normaliseUsername(`  ${raw} `))).toBeUndefined();
      }),
    );
  });

  it.each([
    ['ab', 'TOO_SHORT'],
    ['a'.repeat(21), 'TOO_LONG'],
    ['anna-lena', 'INVALID_CHARACTERS'],
    ['anna lena', 'INVALID_CHARACTERS'],
    ['änna', 'INVALID_CHARACTERS'],
    ['anna\n', 'INVALID_CHARACTERS'],
  ])('say what is wrong with %j', (username, code) => {
    expect(usernameProblem(username)?.code).toBe(code);
  });
});

describe('full names', () => {
  it('are normalised once and for all', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const once = normaliseFullName(raw);
        expect(normaliseFullName(once)).toBe(once);
      }),
    );
  });

  it.each([
    'Oma',
    'Zoë Müller-Ćosić',
    '山田 太郎',
    'שרה \u200fכהן',
    '👩‍👩‍👧 Family',
    'a'.repeat(100),
    '😀'.repeat(100),
  ])('accept %j', (name) => {
    expect(fullNameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'TOO_SHORT'],
    ['a'.repeat(101), 'TOO_LONG'],
    ['😀'.repeat(101), 'TOO_LONG'],
    ['Carla\u0000', 'INVALID_CHARACTERS'],
    ['Car\u0007la', 'INVALID_CHARACTERS'],
    ['Car\u202ela', 'INVALID_CHARACTERS'],
    ['Car\u2066la', 'INVALID_CHARACTERS'],
    ['Car\u2028la', 'INVALID_CHARACTERS'],
    ['Car\ud800la', 'INVALID_CHARACTERS'],
  ])('say what is wrong with %j', (name, code) => {
    expect(fullNameProblem(name)?.code).toBe(code);
  });
});

describe('passwords', () => {
  it('have 12 characters at least and 72 bytes at most, counted in UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 5, maxLength: 80 }), (password) => {
        const isFine = [...password].length >= 12 && Buffer.byteLength(password) <= 72;
        expect(passwordProblem(password) === undefined).toBe(isFine);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['twelve-chars', undefined],
    ['eleven-char', 'TOO_SHORT'],
    ['a'.repeat(72), undefined],
    ['a'.repeat(73), 'TOO_LONG'],
    ['é'.repeat(36), undefined],
    ['é'.repeat(37), 'TOO_LONG'],
    ['😀'.repeat(18), undefined],
    ['😀'.repeat(19), 'TOO_LONG'],
    ['😀'.repeat(11), 'TOO_SHORT'],
    ['twelve-chars\0', 'INVALID_CHARACTERS'],
    ['twelve-chars\ud800', 'INVALID_CHARACTERS'],
  ])('%j: %s', (password, code) => {
    expect(passwordProblem(password)?.code).toBe(code);
  });

  it('that are generated satisfy every policy and hold no look-alikes', () => {
    const generated = Array.from({ length: 5_000 }, generatePassword);
    expect(new Set(generated).size).toBe(generated.length);
    for (const password of generated) {
      expect(password).toHaveLength(20);
      expect(password).toMatch(/[a-z]/);
      expect(password).toMatch(/[A-Z]/);
      expect(password).toMatch(/[0-9]/);
      expect(password).toMatch(/[^A-Za-z0-9]/);
      expect(password).not.toMatch(/[iloILO01]/);
      expect(passwordProblem(password)).toBeUndefined();
    }
  });

  it('that are generated have every kind of character at every place', () => {
    const kinds = [/[a-z]/, /[A-Z]/, /[2-9]/, /[-+=%]/];
    const seen = Array.from({ length: 20 }, () => new Set<RegExp>());
    for (const password of Array.from({ length: 3_000 }, generatePassword))
      [...password].forEach((character, place) => {
        const kind = kinds.find((one) => one.test(character));
        if (kind !== undefined) seen[place]?.add(kind);
      });
    expect(seen.map((kind) => kind.size)).toEqual(Array.from({ length: 20 }, () => 4));
  });
});

describe('roles', () => {
  it('are all but the owner', () => {
    expect(roleProblem('owner')?.code).toBe('NOT_ALLOWED');
    for (const role of ['admin', 'member', 'managed_account'] as const) expect(roleProblem(role)).toBeUndefined();
  });
});
