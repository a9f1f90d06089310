/** Computes what changed from the `before` and `after` states of an audit entry. Pure. */

import { isUuid } from '../ui/text.rules.ts';

export interface Difference {
  /** A path into the state, such as "limits.concurrency". */
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
  /** `same`: present before and not changed. */
  readonly kind: 'changed' | 'added' | 'removed' | 'same';
}

/** The fields of both states, changed ones first. Without an `after` state, all fields count as removed. */
export function differencesOf(before: unknown, after: unknown): readonly Difference[] {
  const was = flatten(before);
  const is = flatten(after);
  const isGone = after === null || after === undefined;
  const all = [...new Set([...is.keys(), ...was.keys()])].map((name): Difference => {
    const values = { name, before: was.get(name), after: is.get(name) };
    if (!was.has(name)) return { ...values, kind: 'added' };
    // `after` holds only the fields that the action set, so a missing field is unchanged.
    if (!is.has(name)) return { ...values, kind: isGone ? 'removed' : 'same' };
    return { ...values, kind: JSON.stringify(values.before) === JSON.stringify(values.after) ? 'same' : 'changed' };
  });
  return [...all.filter(({ kind }) => kind !== 'same'), ...all.filter(({ kind }) => kind === 'same')];
}

/** The changes in one line, such as "Cron from 0 3 * * * to 30 4 * * *; time zone: Europe/Berlin". */
export function inShort(before: unknown, after: unknown): string {
  const text = differencesOf(before, after)
    .filter(({ kind, after: value }) => kind !== 'same' && !(kind === 'added' && value === null))
    .map(phraseOf)
    .join('; ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const IN_SHORT = 40;

function phraseOf({ name, before, after, kind }: Difference): string {
  const words = nameWords(name);
  if (kind === 'removed') return `${words} removed`;
  // The details of the audit entry list them.
  if (Array.isArray(after) && after.length > 1) return `${after.length} ${words}`;
  if (kind === 'added' || isNothing(before)) return `${words}: ${shown(after, IN_SHORT)}`;
  return isNothing(after)
    ? `${words} removed, was ${shown(before, IN_SHORT)}`
    : `${words} from ${shown(before, IN_SHORT)} to ${shown(after, IN_SHORT)}`;
}

const isNothing = (value: unknown): boolean => value === null || value === undefined;

/** "startsPerSecond" becomes "starts per second". */
export const nameWords = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, (_, left: string, right: string) => `${left} ${right.toLowerCase()}`);

/** Formats a value as text of at most about `most` characters. */
export function shown(value: unknown, most = Number.POSITIVE_INFINITY): string {
  if (value === null || value === undefined) return 'nothing';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (Array.isArray(value)) {
    const text = value.map((one) => shown(one)).join(', ');
    if (most !== Number.POSITIVE_INFINITY && isUuid(text)) return `${text.slice(0, 8)}…`;
    return text.length > most ? `${value.length} of them` : value.length === 0 ? 'none' : text;
  }
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (most !== Number.POSITIVE_INFINITY && isUuid(text)) return `${text.slice(0, 8)}…`;
  return text.length > most ? `${cut(text, most)}…` : text;
}

/** Cuts between words where possible, so that no timestamp or number is cut in half. */
const cut = (text: string, most: number): string =>
  text
    .slice(0, most + 1)
    .replace(/\s+\S*$/, '')
    .slice(0, most);

function flatten(state: unknown, path = ''): Map<string, unknown> {
  if (state === null || state === undefined) return new Map();
  if (typeof state !== 'object' || Array.isArray(state)) return new Map([[path === '' ? 'value' : path, state]]);
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(state)) {
    const at = path === '' ? name : `${path}.${name}`;
    const isNested = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isNested) for (const [key, inner] of flatten(value, at)) fields.set(key, inner);
    else fields.set(at, value);
  }
  return fields;
}
