import { expect, it } from 'vitest';
import { withoutEmpty } from './lines.rules.ts';

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
