import { describe, expect, it } from 'vitest';
import { guessMapping, hasHeadings, mapColumn, sampleOf } from './columns.rules.ts';

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
