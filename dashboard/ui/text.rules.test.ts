import { expect, it } from 'vitest';
import { isUuid, splitInstants } from './text.rules.ts';

it('Instants in a sentence are found', () =>
  expect(splitInstants('It fires next at 2026-11-26T03:45:00.000Z.')).toEqual([
    { start: 0, text: 'It fires next at ', isInstant: false },
    { start: 17, text: '2026-11-26T03:45:00.000Z', isInstant: true },
    { start: 41, text: '.', isInstant: false },
  ]));

it('knows an id from what is none', () => {
  expect(isUuid('2f5eea85-8658-4268-a9d8-1772fb76014b')).toBe(true);
  expect(isUuid('2F5EEA85-8658-4268-A9D8-1772FB76014B')).toBe(true);
  expect(isUuid('2f5eea85')).toBe(false);
});
