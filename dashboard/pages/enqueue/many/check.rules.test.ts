import { describe, expect, it } from 'vitest';
import { checkRows, type Defaults, type FoundFamily, familiesNamed, inChunks, problemsFirst } from './check.rules.ts';

const id = (digit: number): string => `0b9d8f6e-1111-4222-8333-${String(digit).repeat(12)}`;
const defaults: Defaults = {
  familyId: id(1),
  familyName: 'The Examples',
  createdByUserId: id(2),
  role: 'MANAGED_ACCOUNT',
};
const families = new Map<string, FoundFamily>([
  ['The Others', { familyId: id(3), name: 'The Others', createdByUserId: id(4) }],
  ['Nobody', { problem: 'No family is called “Nobody”.' }],
]);
const mapping = ['username', 'fullName', 'family', 'role', 'password', 'runAt'] as const;
const check = (...rows: string[][]) => checkRows(rows, { mapping, defaults, families });

describe('checkRows', () => {
  it('takes from the defaults what a row does not say', () => {
    const [row] = check([' EMMA ', 'Emma Example']);
    expect(row).toMatchObject({ line: 1, problems: {}, familyName: 'The Examples' });
    expect(row?.draft).toMatchObject({
      username: 'emma',
      familyId: id(1),
      createdByUserId: id(2),
      role: 'MANAGED_ACCOUNT',
      password: '',
    });
  });

  it('takes a row’s own family, and somebody of it who asks', () => {
    const [row] = check(['emma', 'Emma', 'The Others', 'member', 'long enough password', '2027-01-01T10:00Z']);
    expect(row?.problems).toEqual({});
    expect(row?.draft).toMatchObject({
      familyId: id(3),
      createdByUserId: id(4),
      role: 'MEMBER',
      password: 'long enough password',
      runAt: '2027-01-01T10:00:00.000Z',
    });
  });

  it('names all that is wrong with a row, and says of a family once that it is not there', () => {
    const [row] = check(['e', '', 'Nobody', 'owner', 'short', 'soon']);
    expect(Object.keys(row?.problems ?? {}).sort()).toEqual(
      ['familyId', 'fullName', 'password', 'role', 'runAt', 'username'].sort(),
    );
  });

  it('lets the first of those with one username go on', () => {
    const rows = check(['emma', 'Emma'], ['liam', 'Liam'], ['Emma', 'Emma']);
    expect(rows.map(({ problems }) => problems.username)).toEqual([
      undefined,
      undefined,
      'Line 1 has the same username.',
    ]);
    expect(problemsFirst(rows).map(({ line }) => line)).toEqual([3, 1, 2]);
  });
});

describe('the way to the server', () => {
  it('looks up each family once', () => {
    expect(familiesNamed([['a', 'b', ' X '], ['a', 'b', 'X'], ['a']], mapping)).toEqual(['X']);
    expect(familiesNamed([['a']], ['username'])).toEqual([]);
  });

  it('goes in chunks', () => {
    expect(inChunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(inChunks([], 2)).toEqual([]);
  });
});
