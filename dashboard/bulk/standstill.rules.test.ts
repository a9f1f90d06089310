import { expect, it } from 'vitest';
import { standstillOf } from './standstill.rules.ts';

const AT = '2026-11-26T12:00:00Z';
const FREE_AT = '2026-11-26T12:00:40Z';
const later = (ms: number): number => Date.parse(AT) + ms;

it('stands still once its node has done nothing for longer than a batch takes', () => {
  const bulk = { status: 'RUNNING', lastBatchAt: AT, freeAt: FREE_AT } as const;
  expect(standstillOf(bulk, later(1_000))).toBeUndefined();
  expect(standstillOf(bulk, later(12_000))).toEqual({ lastBatchAt: AT, freeAt: FREE_AT });
  expect(standstillOf({ ...bulk, status: 'UNDOING' }, later(12_000))).toBeDefined();
});

it('does not while no node has taken it, nor once it is finished', () => {
  expect(standstillOf({ status: 'RUNNING', lastBatchAt: null, freeAt: null }, later(12_000))).toBeUndefined();
  expect(standstillOf({ status: 'FINISHED', lastBatchAt: AT, freeAt: FREE_AT }, later(12_000))).toBeUndefined();
});
