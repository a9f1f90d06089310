import { expect, it } from 'vitest';
import { checkSpan, DAY_MS } from './ledger-rows.rules.ts';

const from = new Date('2026-06-01T00:00:00Z');
const after = (ms: number) => new Date(from.getTime() + ms);

it('a span ends after it begins, and not too late', () => {
  expect(() => checkSpan(from, after(1), DAY_MS)).not.toThrow();
  expect(() => checkSpan(from, after(DAY_MS), DAY_MS)).not.toThrow();
  expect(() => checkSpan(from, from, DAY_MS)).toThrow('to: must be after `from`.');
  expect(() => checkSpan(from, after(-1), DAY_MS)).toThrow('to: must be after `from`.');
  expect(() => checkSpan(from, after(DAY_MS + 1), DAY_MS)).toThrow('to: is at most 1 days after `from`');
});
