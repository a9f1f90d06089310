import { expect, it } from 'vitest';
import { idempotencyKeyIssues } from './idempotency.rules.ts';

it('checks the idempotency key', () => {
  expect(idempotencyKeyIssues(undefined)).toEqual([]);
  expect(idempotencyKeyIssues('k')).toEqual([]);
  expect(idempotencyKeyIssues('')).toMatchObject([{ path: ['idempotencyKey'], code: 'INVALID_LENGTH' }]);
});
