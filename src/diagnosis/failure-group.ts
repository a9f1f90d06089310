/**
 * Groups failures that differ only in the entry: the key of a group is a hash of the error code and the
 * message without ids, numbers, timestamps and names. It is stored with the entry and the attempt, so that
 * querying a group is an index lookup.
 */
import { createHash } from 'node:crypto';
import { PROVIDER_SAID } from './failure-messages.ts';

/** The patterns to replace, in this order: longer ones contain shorter ones. */
const VARIABLE_PARTS: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '<address>'],
  [/"[^"]*"|“[^”]*”|‘[^’]*’/g, '<name>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b/gi, '<id>'],
  [/\b\d+(\.\d+)*\b/g, '<n>'],
];

/**
 * Replaces everything in a message that differs between entries. `names`: the names of the entry, which are
 * replaced as whole words, and only in the text of the provider: a child may be called Will, or have the
 * username "account", and our own sentences must stay the same.
 */
export function normaliseMessage(message: string, names: readonly string[] = []): string {
  const [own = '', ...said] = message.split(PROVIDER_SAID);
  const parts = [own, ...said.map((text) => withoutNames(text, names))];
  return parts.map(withoutVariables).join(PROVIDER_SAID).replace(/\s+/g, ' ').trim().slice(0, 500);
}

function withoutVariables(text: string): string {
  let without = text;
  for (const [pattern, placeholder] of VARIABLE_PARTS) without = without.replace(pattern, placeholder);
  return without;
}

function withoutNames(text: string, names: readonly string[]): string {
  let without = text;
  for (const name of longestFirst(names)) without = without.replace(wordsOf(name, 'giu'), '<name>');
  // The provider receives given and family name separately and may quote only one, in its exact spelling.
  const parts = names.flatMap((name) => name.split(/\s+/)).filter((part) => part.length > 1);
  for (const part of longestFirst(parts)) without = without.replace(wordsOf(part, 'gu'), '<name>');
  return without;
}

const longestFirst = (names: readonly string[]): string[] =>
  names.filter((name) => name !== '').sort((a, b) => b.length - a.length);

const wordsOf = (name: string, flags: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}_])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}_])`, flags);

/** Returns the key of a group: the same for the same code and normalised message, on every node. */
export function failureGroupKey(code: string, normalMessage: string): string {
  return createHash('sha256').update(`${code}\n${normalMessage}`).digest('base64url').slice(0, 16);
}

/** Returns the key of the group that a failure belongs to. */
export function failureGroupOf(code: string, message: string, names: readonly string[] = []): string {
  return failureGroupKey(code, normaliseMessage(message, names));
}
