import { describe, expect, it } from 'vitest';
import { readFile, readText } from '../../../enqueue/many/read.ts';

const rowsOf = async (text: string) => {
  const read = await readText(text);
  return 'problem' in read ? read.problem : read.rows;
};

const EXPECTED = [
  ['username', 'full name'],
  ['emma_e', 'Emma Example'],
  ['liam_e', 'Liam Example'],
];

describe.each([
  ['tabs', '\t'],
  ['semicolons', ';'],
  ['commas', ','],
])('a table of two columns with %s', (_, delimiter) => {
  it.each([
    ['no line break at its end', '\n', ''],
    ['one', '\n', '\n'],
    ['one of Windows', '\r\n', '\r\n'],
    ['empty lines', '\n', '\n\n\n'],
  ])('is understood with %s', async (_name, between, end) => {
    expect(await rowsOf(EXPECTED.map((row) => row.join(delimiter)).join(between) + end)).toEqual(EXPECTED);
  });

  it('is understood where a row is too short, and where a name holds a comma', async () => {
    const name = delimiter === ',' ? 'Emma Example' : 'Example, Emma';
    expect(await rowsOf(`emma_e${delimiter}${name}\nliam_e\n`)).toEqual([['emma_e', name], ['liam_e']]);
  });
});

it('counts lines as an editor does, also below empty ones', async () => {
  expect(await readText('username;full name\n\nemma_e;Emma Example\n')).toMatchObject({ lines: [1, 3] });
});

it('takes one column for one column', async () => {
  expect(await rowsOf('emma_e\nliam_e\n')).toEqual([['emma_e'], ['liam_e']]);
});

it('says so when there is nothing below the heading', async () => {
  expect(await rowsOf('username,full name\n')).toBe('There are no rows below the heading.');
});

describe('a file', () => {
  const TEXT = 'username\tfull name\némile\tÉmile Exämple\n';
  const inUtf16 = (isBig: boolean): Uint8Array<ArrayBuffer> => {
    const bytes = Buffer.from(`\ufeff${TEXT}`, 'utf16le');
    return new Uint8Array(isBig ? bytes.swap16() : bytes);
  };
  const fileRows = async (bytes: Uint8Array<ArrayBuffer>) => {
    const read = await readFile(new File([bytes], 'accounts.txt'));
    return 'problem' in read ? read.problem : read.rows;
  };

  it.each([
    ['UTF-8', new TextEncoder().encode(TEXT)],
    ['UTF-8 with a mark', new TextEncoder().encode(`\ufeff${TEXT}`)],
    ['UTF-16 of Excel', inUtf16(false)],
    ['UTF-16 with the high byte first', inUtf16(true)],
    ['Windows-1252', new Uint8Array(Buffer.from(TEXT, 'latin1'))],
  ])('is read in %s', async (_, bytes) => {
    expect(await fileRows(bytes)).toEqual([
      ['username', 'full name'],
      ['émile', 'Émile Exämple'],
    ]);
  });

  it('that is no text is told from one', async () => {
    expect(await fileRows(new Uint8Array([0x50, 0x4b, 3, 4, 0x14, 0, 0, 0]))).toContain('This is not a text file.');
  });
});
