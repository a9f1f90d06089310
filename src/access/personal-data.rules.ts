/** Masks names and e-mail addresses in texts that quote them. */

/** Replaces the masked text. */
export const BLOT = '•••';

const EMAIL = /[^\s"'<>(),;:]+@[^\s"'<>(),;:]+/g;
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/**
 * Masks e-mail addresses and this full name: the whole name in any case, and its words only in their exact
 * case, since an identity provider gets given name and family name separately.
 */
export function blotted(text: string, fullName: string | null): string {
  const withoutMail = text.replace(EMAIL, BLOT);
  const name = fullName?.trim().replace(/\s+/g, ' ') ?? '';
  if (name === '') return withoutMail;
  const escaped = (part: string) => part.replace(SPECIAL, '\\$&');
  const whole = new RegExp(escaped(name).replaceAll(' ', '\\s+'), 'giu');
  const words = name.split(' ').filter((word) => [...word].length > 1);
  const blottedWhole = withoutMail.replace(whole, BLOT);
  if (words.length === 0) return blottedWhole;
  const word = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.map(escaped).join('|')})(?![\\p{L}\\p{N}])`, 'gu');
  return blottedWhole.replace(word, BLOT);
}

/** Masks every string within plain objects and lists; returns other values unchanged. */
export function blottedDeep(value: unknown, fullName: string | null): unknown {
  if (typeof value === 'string') return blotted(value, fullName);
  if (Array.isArray(value)) return value.map((item) => blottedDeep(item, fullName));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const copy: object = Object.create(Object.getPrototypeOf(value), Object.getOwnPropertyDescriptors(value));
  // Defined and not assigned: the value may be computed by a getter.
  for (const [key, part] of Object.entries(value))
    Object.defineProperty(copy, key, { value: blottedDeep(part, fullName), enumerable: true });
  return copy;
}
