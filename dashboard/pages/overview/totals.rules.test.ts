import { expect, it } from 'vitest';
import { untilDue } from './totals.rules.ts';

it.each([
  [null, undefined],
  ['2026-11-26T07:00:10.000Z', 10_200],
  ['2026-11-26T06:59:00.000Z', 200],
  ['2026-12-24T18:00:00.000Z', undefined],
])('the counts are read again when an entry becomes due at %s', (nextDueAt, wait) => {
  expect(untilDue(nextDueAt, Date.parse('2026-11-26T07:00:00Z'))).toBe(wait);
});
