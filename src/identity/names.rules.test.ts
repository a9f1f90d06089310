import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NAME_LENGTH, NO_NAME, profileNames } from './zitadel-messages.rules.ts';

describe('profileNames', () => {
  it.each([
    ['Anna Berg', 'Anna', 'Berg', 'Anna Berg'],
    ['  Anna \t\n Maria   Berg ', 'Anna', 'Maria Berg', 'Anna Maria Berg'],
    ['Maria von Trapp', 'Maria', 'von Trapp', 'Maria von Trapp'],
    ['Oma', 'Oma', NO_NAME, 'Oma'],
    ['李\u3000小龍', '李', '小龍', '李 小龍'],
    ['\u0085 Anna\u0085', 'Anna', NO_NAME, 'Anna'],
    ['  ', NO_NAME, NO_NAME, NO_NAME],
  ])('splits %j', (fullName, givenName, familyName, displayName) => {
    expect(profileNames(fullName)).toEqual({ givenName, familyName, displayName });
  });

  it('cuts at 200 code points, never inside one', () => {
    const { givenName, displayName } = profileNames('🦊'.repeat(300));
    expect([...givenName]).toHaveLength(MAX_NAME_LENGTH);
    expect(displayName).toBe('🦊'.repeat(MAX_NAME_LENGTH));
  });

  it('always gives three names that Zitadel accepts, and loses no word of a short name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 450 }), (fullName) => {
        const names = profileNames(fullName);
        for (const name of Object.values(names)) {
          expect(name.trim()).not.toBe('');
          expect(name).toBe(name.trim());
          expect([...name].length).toBeLessThanOrEqual(MAX_NAME_LENGTH);
          expect(name).not.toMatch(/\s\s/);
        }
        if (names.displayName.length < MAX_NAME_LENGTH && names.familyName !== NO_NAME) {
          expect(`${names.givenName} ${names.familyName}`).toBe(names.displayName);
        }
      }),
    );
  });

  it('changes nothing when applied to its own display name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 250 }), (fullName) => {
        const once = profileNames(fullName).displayName;
        expect(profileNames(once).displayName).toBe(once);
      }),
    );
  });
});
