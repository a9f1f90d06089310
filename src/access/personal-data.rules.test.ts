import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOT, blotted, blottedDeep } from './personal-data.rules.ts';

describe('a text that quotes personal data', () => {
  it.each([
    ['User "Carla Child" exists (Errors.User.AlreadyExists)', `User "${BLOT}" exists (Errors.User.AlreadyExists)`],
    ['given name Carla is too long', `given name ${BLOT} is too long`],
    ['carla   CHILD is taken', `${BLOT} is taken`],
    ['carla.child@noemail.example is no address', `${BLOT} is no address`],
    ['Ask <mother@example.org>, then retry.', `Ask <${BLOT}>, then retry.`],
    ['Carlas brother and the Children', 'Carlas brother and the Children'],
    ['The provider did not answer within 10 s.', 'The provider did not answer within 10 s.'],
  ])('%s', (text, expected) => {
    expect(blotted(text, 'Carla Child')).toBe(expected);
  });

  it('keeps the words of a sentence that a name is made of, in another case', () => {
    expect(blotted('It will be tried again. Will Black is the name.', 'Will Black')).toBe(
      `It will be tried again. ${BLOT} is the name.`,
    );
  });

  it('holds no name, whatever signs the name has', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 2, maxLength: 12 }).filter((text) => /^\S+$/u.test(text));
    fc.assert(
      fc.property(part, part, (given, family) => {
        const text = blotted(`The name "${given} ${family}" is taken.`, `${given} ${family}`);
        expect(text).not.toContain(`${given} ${family}`);
        expect(text).toContain(BLOT);
      }),
    );
  });

  it('is found in objects and lists, and dates and numbers stay', () => {
    const at = new Date(0);
    const value = { summary: 'Carla Child waits.', blockers: [{ message: 'of Child', at, count: 2 }], none: null };
    expect(blottedDeep(value, 'Carla Child')).toEqual({
      summary: `${BLOT} waits.`,
      blockers: [{ message: `of ${BLOT}`, at, count: 2 }],
      none: null,
    });
  });

  it('is masked where it is computed when it is read', () => {
    const edge = {
      get cursor() {
        return 'of carla child';
      },
    };
    expect(blottedDeep([edge], 'Carla Child')).toEqual([{ cursor: `of ${BLOT}` }]);
  });
});
