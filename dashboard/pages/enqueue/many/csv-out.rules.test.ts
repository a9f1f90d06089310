import { describe, expect, it } from 'vitest';
import { asCsv } from './csv-out.rules.ts';

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
