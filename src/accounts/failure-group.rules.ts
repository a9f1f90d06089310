/**
 * Failures that are the same but for whom they hit: the message without ids, numbers, instants
 * and names, and a key over it and the error code. The key is stored with the entry, so that a
 * group is an index look-up.
 */
import { createHash } from 'node:crypto';

/** What is taken out, in this order: the longer shapes hold the shorter ones. */
const VARIABLE_PARTS: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '<address>'],
  [/"[^"]*"|“[^”]*”|‘[^’]*’/g, '<name>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b/gi, '<id>'],
  [/\b\d+(\.\d+)*\b/g, '<n>'],
];

/** The message with everything taken out that differs from entry to entry. `names` are the entry's own. */
export function normaliseMessage(message: string, names: readonly string[] = []): string {
  let normal = message;
  for (const name of [...names].sort((a, b) => b.length - a.length)) {
    if (name.length >= 3) normal = normal.replaceAll(name, '<name>');
  }
  for (const [pattern, stand] of VARIABLE_PARTS) normal = normal.replace(pattern, stand);
  return normal.replace(/\s+/g, ' ').trim().slice(0, 500);
}

/** The group's key: the same for the same code and normalised message, on every node and in every run. */
export function failureGroupKey(code: string, normalMessage: string): string {
  return createHash('sha256').update(`${code}\n${normalMessage}`).digest('base64url').slice(0, 16);
}
