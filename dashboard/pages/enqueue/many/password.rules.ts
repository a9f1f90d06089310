/**
 * Generates passwords for rows without one, in this browser: the server shows a generated password only once,
 * so a lost response would lose those of the whole request.
 */

const LETTERS = 'abcdefghjkmnpqrstuvwxyz';
const CAPITALS = 'ABCDEFGHJKMNPQRSTUVWXYZ';
const DIGITS = '23456789';
const SIGNS = '-+=%';
const LENGTH = 20;

/**
 * Returns 20 characters without look-alikes, with at least one capital, digit and sign, starting with a letter
 * so that spreadsheets do not take it for a formula. `below(limit)` must return uniform integers in [0, limit).
 */
export function makePassword(below: (limit: number) => number): string {
  const pick = (from: string): string => from.charAt(below(from.length));
  const rest = [CAPITALS, DIGITS, SIGNS].map(pick);
  while (rest.length < LENGTH - 1) rest.push(pick(LETTERS + CAPITALS + DIGITS + SIGNS));
  for (let at = rest.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [rest[at], rest[other]] = [rest[other] ?? '', rest[at] ?? ''];
  }
  return pick(LETTERS) + rest.join('');
}

/** Uniform integers from the browser's cryptographic generator; rejects numbers that would cause modulo bias. */
export function secureBelow(limit: number): number {
  const fair = 2 ** 32 - (2 ** 32 % limit);
  const numbers = new Uint32Array(1);
  for (;;) {
    const [number = 0] = crypto.getRandomValues(numbers);
    if (number < fair) return number % limit;
  }
}
