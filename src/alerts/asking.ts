/**
 * Runs the queries of the alert rules one after the other, within a time limit: an evaluation must end well
 * before its lease expires, or its findings are dropped. The fastest rules run first, and rules that were not
 * reached run first the next time: so a slow rule hides no other. It has its own alert (RULE_UNREADABLE).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from '../database/database.ts';
import type { Outage } from '../database/outage.ts';
import type { Asked } from './alert.rules.ts';
import type { AlertRule, Findings } from './alert-rule.ts';

/** Leaves time to store the findings before the lease expires. */
const LONGEST_MS = 30_000;

export interface AskingTools {
  readonly rules: readonly AlertRule[];
  readonly reading: Queryable;
  readonly outage: Pick<Outage, 'explains' | 'warn'>;
  /** In milliseconds; left out: 30 s. */
  readonly longestMs?: number;
}

/**
 * Returns the findings of every rule: undefined for a rule that failed, took too long or was not reached.
 * Returns undefined instead of a list when `stopping` resolves first. Throws when the database is unreachable.
 */
export type Ask = (stopping: Promise<void>) => Promise<Asked[] | undefined>;

export function createAsking({ rules, reading, outage, longestMs = LONGEST_MS }: AskingTools): Ask {
  /** How long each rule took the last time, in milliseconds; without those that were not reached. */
  let took = new Map<string, number>();
  /** Rules that still run from an earlier evaluation: if started again, each would take another connection. */
  const atIt = new Set<string>();

  const ask = async ({ name, find }: AlertRule): Promise<Findings | undefined> => {
    atIt.add(name);
    try {
      return await find(reading);
    } catch (error) {
      if (outage.explains(error)) throw error;
      outage.warn(error, `The alert rule ${name} could not be evaluated`);
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
      outage.warn(new Error(`Without an answer: ${unread.join(', ')}`), 'Not every alert rule was evaluated in time');
    return rules.map(({ name: rule, severity }) => ({ rule, severity, found: found.get(rule) }));
  };
}
