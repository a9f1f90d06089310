import { describe, expect, it } from 'vitest';
import { accountProblems } from '../account.rules.ts';
import { asCsv, lookUp, makePassword, NotAnswered, secureBelow, withoutEmpty } from './csv.rules.ts';

describe('asCsv', () => {
  it('quotes what would break the file', () => {
    expect(asCsv(['name', 'says'], [['Emma', 'a, "b"\nc']])).toBe('\ufeffname,says\r\nEmma,"a, ""b""\nc"\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1'])('lets no spreadsheet run %j', (cell) => {
    const [, row = ''] = asCsv(['cell'], [[cell]]).split('\r\n');
    expect(row.replace(/^"/, '')).toBe(`'${cell}${row.startsWith('"') ? '"' : ''}`);
  });

  it('says where it put an apostrophe, since passwords begin with anything', () => {
    const [headings] = asCsv(['username', 'password'], [['emma', '-secret']]).split('\r\n');
    expect(headings).toBe('\ufeffusername,password (an apostrophe at the beginning is not part of it)');
  });
});

it('counts lines as an editor does: with headings, empty ones, and those within a cell', () => {
  const read = withoutEmpty([['username', 'name'], ['emma', 'Emma\nExample'], [''], [' ', ''], ['liam', 'Liam'], ['']]);
  expect(read).toEqual({
    rows: [
      ['username', 'name'],
      ['emma', 'Emma\nExample'],
      ['liam', 'Liam'],
    ],
    lines: [1, 2, 6],
  });
});

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

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const options = { atATime: 2, isWanted: () => true };

describe('lookUp', () => {
  it('asks for each once, so many at a time', async () => {
    let underWay = 0;
    let most = 0;
    const find = async (name: string) => {
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay -= 1;
      return name.toUpperCase();
    };
    const { found, problem } = await lookUp(NAMES, { ...options, find });
    expect(Object.fromEntries(found)).toEqual({ a: 'A', b: 'B', c: 'C', d: 'D', e: 'E' });
    expect([most, problem]).toEqual([2, undefined]);
  });

  it('keeps no answer for what was not answered, and leaves the others for the next time', async () => {
    const asked: string[] = [];
    const find = async (name: string) => {
      asked.push(name);
      if (name === 'b') throw new NotAnswered('The server cannot be reached.');
      return name;
    };
    const { found, problem } = await lookUp(NAMES, { ...options, atATime: 1, find });
    expect([...found.keys()]).toEqual(['a']);
    expect(problem).toBe('The server cannot be reached.');
    expect(asked).toEqual(['a', 'b']);
  });

  it('ends early when nobody waits for it any more', async () => {
    const { found } = await lookUp(NAMES, { ...options, isWanted: () => false, find: async (name) => name });
    expect(found.size).toBe(0);
  });
});
