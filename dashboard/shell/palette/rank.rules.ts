/** Ranks the commands that match the typed text, best first. Pure. */

import { isUuid } from '../../ui/text.rules.ts';

export interface Ranked {
  readonly title: string;
  /** Further search terms. */
  readonly words?: string;
}

/** 0: no match. Every typed word must match; a match at the beginning of the title counts most. */
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
  // Of two equal matches, the shorter title is more likely meant.
  return points / asked.length + (name.startsWith(asked[0] ?? '') ? 2 : 0) + 1 / (1 + inName.length);
}

/** The matching items, best first; equal ones keep their order. */
export function ranked<Item extends Ranked>(items: readonly Item[], typed: string): readonly Item[] {
  return items
    .map((item) => ({ item, points: pointsOf(item, typed) }))
    .filter(({ points }) => points > 0)
    .sort((one, other) => other.points - one.points)
    .map(({ item }) => item);
}

/** Whether every typed word matches the title, none only a further search term. */
export const isNamed = ({ title }: Ranked, typed: string): boolean => pointsOf({ title }, typed) > 0;

const USERNAME = /^[a-z0-9_]+$/;

interface Sought {
  /** The id of an entry or a run. */
  readonly id: string | undefined;
  /** The beginning of a username. */
  readonly username: string | undefined;
  /** Part of a family's name. */
  readonly family: string | undefined;
}

const NOTHING: Sought = { id: undefined, username: undefined, family: undefined };

/** What to query the server for; a single letter would match too much. */
export function soughtBy(typed: string): Sought {
  const text = typed.trim();
  const lower = text.toLowerCase();
  if (isUuid(lower)) return { ...NOTHING, id: lower };
  if (text.length < 2) return NOTHING;
  return { id: undefined, username: USERNAME.test(lower) ? lower : undefined, family: text };
}

/** The id of the entry whose page is at this path. */
export function entryOf(path: string): string | undefined {
  const [, id] = /^\/queue\/([^/]+)$/.exec(path.toLowerCase()) ?? [];
  return id !== undefined && isUuid(id) ? id : undefined;
}
