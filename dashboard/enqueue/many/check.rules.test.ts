import { describe, expect, it } from 'vitest';
import {
  checkRows,
  type Defaults,
  type FoundFamily,
  familiesNamed,
  guessMapping,
  hasHeadings,
  inChunks,
  mapColumn,
  problemsFirst,
  sampleOf,
} from './check.rules.ts';

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

describe('columns', () => {
  it('are guessed by their names, however they are written', () => {
    expect(guessMapping(['User name', 'full_name', 'Family ID', 'ROLE', 'Password', 'run-at', 'Comment'])).toEqual([
      'username',
      'fullName',
      'family',
      'role',
      'password',
      'runAt',
      undefined,
    ]);
  });

  it('get each field once', () => {
    expect(guessMapping(['username', 'login', 'name'])).toEqual(['username', undefined, 'fullName']);
    expect(mapColumn(['username', undefined, 'fullName'], 1, 'username')).toEqual([undefined, 'username', 'fullName']);
    expect(mapColumn([undefined, undefined], 0, undefined)).toEqual([undefined, undefined]);
  });

  it('have headings when the first row names fields, not when it is a person', () => {
    expect(hasHeadings(['username', 'full name'])).toBe(true);
    expect(hasHeadings(['username'])).toBe(true);
    expect(hasHeadings(['emma', 'Emma Example'])).toBe(false);
    expect(hasHeadings(['user', 'Ursula Ser'])).toBe(false);
  });
});

it('shows by its first value what a column is, and never a password', () => {
  const rows = [
    ['emma_e', '', ''],
    ['liam_e', ' Example ', ''],
  ];
  expect([0, 1, 2].map((column) => sampleOf(rows, column, undefined))).toEqual([
    'emma_e',
    'Example',
    'Empty in every row',
  ]);
  expect(sampleOf(rows, 1, 'password')).toBe('Not shown');
  expect(sampleOf([['x'.repeat(50)]], 0, undefined)).toBe(`${'x'.repeat(40)}…`);
});
