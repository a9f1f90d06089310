/**
 * What an act says, in a form that PostgreSQL gives back to the letter: a code over a text that
 * the database would change, or refuse, proves nothing.
 */

/** A zero character, or half of a character that has two halves: PostgreSQL's texts and JSON take neither. */
const UNSTORABLE = /[\0\p{Cs}]/gu;
/** Without the flag that makes it know halves from wholes, and so much quicker: few texts have either. */
const SUSPICIOUS = /[\0\ud800-\udfff]/;
const REPLACEMENT = '\uFFFD';

/** The text with what cannot be stored replaced by U+FFFD; null for none. */
export function storable(text: string): string;
export function storable(text: string | null | undefined): string | null;
export function storable(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  return SUSPICIOUS.test(text) ? text.replace(UNSTORABLE, REPLACEMENT) : text;
}

/** The same in JSON text, where both stand as escapes; an escaped backslash before is none of them. */
const UNSTORABLE_ESCAPES = /\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g;

/** A value as JSON text, big integers as strings; null for none. It can be cast to jsonb. */
export function jsonText(value: Readonly<Record<string, unknown>> | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const text = JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? one.toString() : one));
  return text.replace(UNSTORABLE_ESCAPES, (found) => (found === '\\\\' ? found : REPLACEMENT));
}
