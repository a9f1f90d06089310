/** Which commands fit what was typed, the best first. Pure. */
import { isUuid } from '../../ui/uuid.rules.ts';

export interface Ranked {
  readonly title: string;
  /** Other words that it is found by. */
  readonly words?: string;
}

/** 0: does not fit. Every word that was typed must be there; at the beginning counts most. */
function pointsOf({ title, words = '' }: Ranked, typed: string): number {
  const name = title.toLowerCase();
  const asked = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (asked.length === 0) return 1;
  const inName = name.split(/[^\p{L}\p{N}_]+/u);
  const others = words.toLowerCase().split(/[^\p{L}\p{N}_]+/u);
  let points = 0;
  for (const word of asked) {
    if (inName.includes(word)) points += 8;
    else if (inName.some((one) => one.startsWith(word))) points += 6;
    else if (others.some((one) => one.startsWith(word))) points += 3;
    else if (word.length > 2 && name.includes(word)) points += 2;
    else return 0;
  }
  // Of two that fit as well, the one that says less besides is meant.
  return points / asked.length + (name.startsWith(asked[0] ?? '') ? 2 : 0) + 1 / (1 + inName.length);
}

/** Those that fit, the best first; of equals in their order. */
export function ranked<Item extends Ranked>(items: readonly Item[], typed: string): readonly Item[] {
  return items
    .map((item) => ({ item, points: pointsOf(item, typed) }))
    .filter(({ points }) => points > 0)
    .sort((one, other) => other.points - one.points)
    .map(({ item }) => item);
}

/** Whether every word that was typed stands in its name, and none is only another word that it is found by. */
export const isNamed = ({ title }: Ranked, typed: string): boolean => pointsOf({ title }, typed) > 0;

const USERNAME = /^[a-z0-9_]+$/;

interface Sought {
  /** An entry’s or a run’s. */
  readonly id: string | undefined;
  /** The beginning of one. */
  readonly username: string | undefined;
  /** Part of a family’s name. */
  readonly family: string | undefined;
}

const NOTHING: Sought = { id: undefined, username: undefined, family: undefined };

/** What the server is asked for by what was typed; one letter alone would find too much. */
export function soughtBy(typed: string): Sought {
  const text = typed.trim();
  const lower = text.toLowerCase();
  if (isUuid(lower)) return { ...NOTHING, id: lower };
  if (text.length < 2) return NOTHING;
  return { id: undefined, username: USERNAME.test(lower) ? lower : undefined, family: text };
}

/** The entry whose page this is. */
export function entryOf(path: string): string | undefined {
  const [, id] = /^\/queue\/([^/]+)$/.exec(path.toLowerCase()) ?? [];
  return id !== undefined && isUuid(id) ? id : undefined;
}
