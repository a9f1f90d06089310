/** Rules for idempotency keys, for every mutation that takes one. */
import { type InputIssue, InvalidInputError } from '../refusals.ts';

/** Returns the problems of a key as issues of its field; none if the key was left out. */
export function idempotencyKeyIssues(key: string | null | undefined): InputIssue[] {
  const problem = key === null || key === undefined ? undefined : problemOf(key);
  return problem === undefined ? [] : [{ path: ['idempotencyKey'], ...problem }];
}

/** Throws InvalidInputError unless the key can be used. */
export function requireUsableKey(key: string | null | undefined): void {
  const issues = idempotencyKeyIssues(key);
  if (issues.length > 0) throw new InvalidInputError(issues);
}

function problemOf(key: string): { code: string; message: string } | undefined {
  if (key.length < 1 || key.length > 200) {
    return { code: 'INVALID_LENGTH', message: 'An idempotency key has 1 to 200 characters.' };
  }
  // PostgreSQL's JSON accepts neither, and the statement that would fail also writes other callers' rows.
  return /[\0\p{Cs}]/u.test(key)
    ? { code: 'INVALID_CHARACTERS', message: 'An idempotency key has no zero character and no half of an emoji.' }
    : undefined;
}
