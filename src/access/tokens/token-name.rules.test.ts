import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenNameProblem } from './token-format.rules.ts';

describe('the name of a token', () => {
  it.each(['a', 'frontend', 'Frontend 2', 'ci.nightly_import-3', 'x'.repeat(60)])('may be %j', (name) => {
    expect(tokenNameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'INVALID_LENGTH'],
    ['x'.repeat(61), 'INVALID_LENGTH'],
    ['admin token', 'RESERVED'],
    ['The Server', 'RESERVED'],
    ['local', 'RESERVED'],
    [' a', 'INVALID_CHARACTERS'],
    ['a ', 'INVALID_CHARACTERS'],
    ['a  b', 'INVALID_CHARACTERS'],
    ['a\nb', 'INVALID_CHARACTERS'],
    ['a\u202eb', 'INVALID_CHARACTERS'],
    // A Cyrillic letter that looks like a Latin one.
    ['fr\u043entend', 'INVALID_CHARACTERS'],
    ['a:b', 'INVALID_CHARACTERS'],
  ])('may not be %j', (name, code) => {
    expect(tokenNameProblem(name)?.code).toBe(code);
  });

  it('is visible ASCII whenever it is accepted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 70 }), (name) => {
        if (tokenNameProblem(name) === undefined) expect(name).toMatch(/^[\x20-\x7e]{1,60}$/);
      }),
    );
  });
});
