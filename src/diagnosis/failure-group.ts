/**
 * Failures that differ only in whom they hit: the message without ids, numbers, instants and
 * names, and a key over it and the error code. The key is stored with the entry and the attempt,
 * so that reading a group is an index lookup.
 */
import { createHash } from 'node:crypto';
import { PROVIDER_SAID } from './failure-messages.ts';

/** What is replaced, in this order: the longer shapes contain the shorter ones. */
const VARIABLE_PARTS: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '<address>'],
  [/"[^"]*"|“[^”]*”|‘[^’]*’/g, '<name>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b/gi, '<id>'],
  [/\b\d+(\.\d+)*\b/g, '<n>'],
];

/**
 * The message with everything replaced that differs from entry to entry. `names` are the
 * entry's own: replaced as whole words, and in the provider's words only, because a child may be
 * called Will, or have the username "account", and our own sentences must stay one group.
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
  // The provider receives given and family name separately, and may quote one alone: as it is written.
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
