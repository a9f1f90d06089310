/**
 * Passwords for the rows that bring none, made in this browser: with an answer that is lost on its way
 * those of a whole request would be lost as well, and nobody could show them again.
 */

const LETTERS = 'abcdefghjkmnpqrstuvwxyz';
const CAPITALS = 'ABCDEFGHJKMNPQRSTUVWXYZ';
const DIGITS = '23456789';
const SIGNS = '-+=%';
const LENGTH = 20;

/**
 * 20 characters without look-alikes, one of each kind at least, beginning with a letter, so that no
 * spreadsheet takes it for a formula. `below` picks evenly from 0 up to, and without, its argument.
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

/** By what the browser has for keys; numbers that would favour some results are thrown away. */
export function secureBelow(limit: number): number {
  const fair = 2 ** 32 - (2 ** 32 % limit);
  const numbers = new Uint32Array(1);
  for (;;) {
    const [number = 0] = crypto.getRandomValues(numbers);
    if (number < fair) return number % limit;
  }
}
