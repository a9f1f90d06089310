/**
 * Asks the rules, one after the other and for so long at the most: a look must be over well before
 * its turn runs out, or nothing that it found would count. Whoever is quick is asked first, and who
 * was not reached comes first the next time: one slow rule hides no other, and is told of itself.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '../database/database.ts';
import type { Outage } from '../database/outage.ts';
import type { Asked } from './alert.rules.ts';
import type { AlertRule, Findings } from './alert-rule.ts';

/** Half of a turn: what was found has still to be written. */
const LONGEST_MS = 30_000;

export interface AskingTools {
  readonly rules: readonly AlertRule[];
  readonly reading: Queryable;
  readonly outage: Pick<Outage, 'explains' | 'warn'>;
  /** Left out: half a minute. */
  readonly longestMs?: number;
}

/**
 * Answers what every rule found: undefined for one that failed, did not answer in time or was not
 * reached. Undefined as a whole when `stopping` comes first; throws when the database is away.
 */
export type Ask = (stopping: Promise<void>) => Promise<Asked[] | undefined>;

export function createAsking({ rules, reading, outage, longestMs = LONGEST_MS }: AskingTools): Ask {
  /** Of the last look, in milliseconds; those that it did not reach are not in it. */
  let took = new Map<string, number>();
  /** Asked by an earlier look and still at it: asked again, they would take one connection more each time. */
  const atIt = new Set<string>();

  const ask = async ({ name, find }: AlertRule): Promise<Findings | undefined> => {
    atIt.add(name);
    try {
      return await find(reading);
    } catch (error) {
      if (outage.explains(error)) throw error;
      outage.warn(error, `What the alert rule ${name} looks at could not be read`);
      return undefined;
    } finally {
      atIt.delete(name);
    }
  };

  return async (stopping) => {
    const quickestFirst = rules
      .filter(({ name }) => !atIt.has(name))
      .sort((one, other) => (took.get(one.name) ?? 0) - (took.get(other.name) ?? 0));
    took = new Map();
    const found = new Map<string, Findings | undefined>();
    const isOver = new AbortController();
    const ended = Promise.race([
      delay(longestMs, 'late' as const, { ref: false, signal: isOver.signal }).catch(() => 'late' as const),
      stopping.then(() => 'stopping' as const),
    ]);
    try {
      for (const rule of quickestFirst) {
        const begun = performance.now();
        const answer = await Promise.race([ask(rule), ended]);
        took.set(rule.name, performance.now() - begun);
        if (answer === 'stopping') return undefined;
        if (answer === 'late') break;
        found.set(rule.name, answer);
      }
    } finally {
      isOver.abort();
    }
    const unread = rules.filter(({ name }) => !found.has(name)).map(({ name }) => name);
    if (unread.length > 0)
      outage.warn(new Error(`Without an answer: ${unread.join(', ')}`), 'Not every alert rule could be asked in time');
    return rules.map(({ name: rule, severity }) => ({ rule, severity, found: found.get(rule) }));
  };
}
