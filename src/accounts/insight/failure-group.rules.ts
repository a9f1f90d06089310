/**
 * Failures that are the same but for whom they hit: the message without ids, numbers, instants
 * and names, and a key over it and the error code. The key is stored with the entry and the
 * attempt, so that a group is an index look-up.
 */
import { createHash } from 'node:crypto';

/** Our sentences are constants; after this come the identity provider's own words. */
const PROVIDER_SAID = 'The provider said: “';

/** What is taken out, in this order: the longer shapes hold the shorter ones. */
const VARIABLE_PARTS: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '<address>'],
  [/"[^"]*"|(?<!The provider said: )“[^”]*”|‘[^’]*’/g, '<name>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b/gi, '<id>'],
  [/\b\d+(\.\d+)*\b/g, '<n>'],
];

/**
 * The message with everything taken out that differs from entry to entry. `names` are the
 * entry's own: whole words in the provider's words only, for a child may be called Will, or
 * have chosen the username "account", and our own sentences must stay one group.
 */
export function normaliseMessage(message: string, names: readonly string[] = []): string {
  const said = message.indexOf(PROVIDER_SAID);
  const start = said < 0 ? message.length : said + PROVIDER_SAID.length;
  let normal = message.slice(0, start) + withoutNames(message.slice(start), names);
  for (const [pattern, stand] of VARIABLE_PARTS) normal = normal.replace(pattern, stand);
  return normal.replace(/\s+/g, ' ').trim().slice(0, 500);
}

function withoutNames(text: string, names: readonly string[]): string {
  let without = text;
  for (const name of longestFirst(names)) without = without.replace(wordsOf(name, 'giu'), '<name>');
  // The provider is told given and family name apart, and so may say one alone: as it is written.
  const parts = names.flatMap((name) => name.split(/\s+/)).filter((part) => part.length > 1);
  for (const part of longestFirst(parts)) without = without.replace(wordsOf(part, 'gu'), '<name>');
  return without;
}

const longestFirst = (names: readonly string[]): string[] =>
  names.filter((name) => name !== '').sort((a, b) => b.length - a.length);

const wordsOf = (name: string, flags: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}_])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}_])`, flags);

/** The group's key: the same for the same code and normalised message, on every node and in every run. */
export function failureGroupKey(code: string, normalMessage: string): string {
  return createHash('sha256').update(`${code}\n${normalMessage}`).digest('base64url').slice(0, 16);
}

/** The key of the group that a failure belongs to. */
export function failureGroupOf(code: string, message: string, names: readonly string[] = []): string {
  return failureGroupKey(code, normaliseMessage(message, names));
}
