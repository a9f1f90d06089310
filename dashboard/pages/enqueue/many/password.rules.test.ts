import { describe, expect, it } from 'vitest';
import { accountProblems } from '../account.rules.ts';
import { makePassword, secureBelow } from './password.rules.ts';

describe('makePassword', () => {
  it('holds one of each kind, begins with a letter, and is never the same', () => {
    const made = Array.from({ length: 500 }, () => makePassword(secureBelow));
    expect(new Set(made).size).toBe(500);
    for (const password of made) {
      expect(password).toMatch(/^[a-z](?=.*[A-Z])(?=.*\d)(?=.*[-+=%]).{19}$/);
      expect(password).not.toMatch(/[lIiOo01]/);
    }
  });

  it('is one that is taken', () => {
    const draft = { familyId: '', createdByUserId: '', username: '', fullName: '', role: undefined, runAt: undefined };
    expect(accountProblems({ ...draft, password: makePassword(secureBelow) }).password).toBeUndefined();
  });
});

describe('secureBelow', () => {
  it('stays below its limit and gets everywhere', () => {
    const seen = new Set(Array.from({ length: 500 }, () => secureBelow(4)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3]);
  });
});
