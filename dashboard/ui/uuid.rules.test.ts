import { expect, it } from 'vitest';
import { isUuid } from './uuid.rules.ts';

it('knows an id from what is none', () => {
  expect(isUuid('2f5eea85-8658-4268-a9d8-1772fb76014b')).toBe(true);
  expect(isUuid('2F5EEA85-8658-4268-A9D8-1772FB76014B')).toBe(true);
  expect(isUuid('2f5eea85')).toBe(false);
});
