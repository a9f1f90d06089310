import { describe, expect, it } from 'vitest';
import { type AccountDraft, accountProblems, memberWords, ownersFirst, roleOf, runAtOf } from './account.rules.ts';

const ID = '0b9d8f6e-1111-4222-8333-444455556666';
const draft = (change: Partial<AccountDraft> = {}): AccountDraft => ({
  familyId: ID,
  createdByUserId: ID,
  username: 'emma',
  fullName: 'Emma Example',
  role: 'MANAGED_ACCOUNT',
  password: '',
  runAt: undefined,
  ...change,
});

describe('accountProblems', () => {
  it('finds nothing wrong with what the server takes', () => {
    expect(accountProblems(draft())).toEqual({});
    expect(
      accountProblems(draft({ username: '  EMMA_2 ', fullName: 'x'.repeat(100), password: 'a'.repeat(72) })),
    ).toEqual({});
  });

  it('names every problem at once', () => {
    const problems = accountProblems(
      draft({ familyId: '', createdByUserId: 'x', username: 'é', fullName: ' ', role: undefined, password: 'short' }),
    );
    expect(Object.keys(problems).sort()).toEqual(
      ['createdByUserId', 'familyId', 'fullName', 'password', 'role', 'username'].sort(),
    );
  });

  it.each([
    ['ab', /at least 3/],
    ['a'.repeat(21), /at most 20/],
    ['no-dash', /letters a to z/],
  ])('refuses the username %s', (username, problem) => {
    expect(accountProblems(draft({ username })).username).toMatch(problem);
  });

  it('counts characters of names as people do, and bytes of passwords as the provider does', () => {
    expect(accountProblems(draft({ fullName: '👧'.repeat(100) }))).toEqual({});
    expect(accountProblems(draft({ fullName: '👧'.repeat(101) })).fullName).toMatch(/at most 100/);
    expect(accountProblems(draft({ password: 'é'.repeat(37) })).password).toMatch(/72 bytes/);
  });
});

describe('roleOf', () => {
  it('reads roles as people write them', () => {
    expect(roleOf('Managed account')).toBe('MANAGED_ACCOUNT');
    expect(roleOf('MANAGED_ACCOUNT')).toBe('MANAGED_ACCOUNT');
    expect(roleOf('member')).toBe('MEMBER');
    expect(roleOf('Owner')).toEqual({ problem: 'An owner cannot be created here.' });
    expect(roleOf('boss')).toHaveProperty('problem');
  });
});

describe('runAtOf', () => {
  it('takes instants with a zone, and others as the reader’s own', () => {
    expect(runAtOf('2027-03-28T14:30Z')).toBe('2027-03-28T14:30:00.000Z');
    expect(runAtOf('2027-03-28 14:30+02:00')).toBe('2027-03-28T12:30:00.000Z');
    expect(runAtOf('2027-03-28 14:30')).toBe(new Date(2027, 2, 28, 14, 30).toISOString());
    expect(runAtOf('2027-03-28')).toBe(new Date(2027, 2, 28).toISOString());
    expect(runAtOf('28.3.2027')).toHaveProperty('problem');
    expect(runAtOf('2027-13-28')).toHaveProperty('problem');
  });
});

it('offers owners and admins first, and tells those of one name apart', () => {
  const noah = { fullName: 'Noah Demo', username: 'noah_d', role: 'MANAGED_ACCOUNT' } as const;
  const members = [
    noah,
    { fullName: 'Noah Demo', username: 'noah_2', role: 'MANAGED_ACCOUNT' },
    { fullName: 'Ann Demo', username: null, role: 'ADMIN' },
    { fullName: 'Bo Demo', username: 'bo', role: 'OWNER' },
  ] as const;
  expect(ownersFirst(members).map(memberWords)).toEqual([
    'Bo Demo, bo (owner)',
    'Ann Demo (admin)',
    'Noah Demo, noah_d (managed account)',
    'Noah Demo, noah_2 (managed account)',
  ]);
});
