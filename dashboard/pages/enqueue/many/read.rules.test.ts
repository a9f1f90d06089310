import { describe, expect, it } from 'vitest';
import { readText } from './read.ts';

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
