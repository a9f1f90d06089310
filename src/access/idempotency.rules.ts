/** What an idempotency key must be like, for every mutation that takes one. */

/** The problem with a key, or undefined; a key that was left out has none. */
export function idempotencyKeyProblem(key: string | null | undefined): { code: string; message: string } | undefined {
  if (key === null || key === undefined) return undefined;
  if (key.length < 1 || key.length > 200) {
    return { code: 'INVALID_LENGTH', message: 'An idempotency key has 1 to 200 characters.' };
  }
  // PostgreSQL's JSON takes neither, and a statement carries the rows of other callers too.
  return /[\0\p{Cs}]/u.test(key)
    ? { code: 'INVALID_CHARACTERS', message: 'An idempotency key has no zero character and no half of an emoji.' }
    : undefined;
}
