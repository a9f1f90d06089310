/**
 * What credentials were found to be worth, for a few seconds: a busy caller costs one look at the
 * database in that time. A notice of another node empties it at once, so that a revocation is felt
 * everywhere without waiting. Bounded; what is not remembered is looked up.
 */
import type { Verdict } from './proof.ts';

const REMEMBERED_MS = 5_000;
const MOST = 5_000;

export interface Proven {
  /** The verdict under this key, looked up by `look` unless a young one is there; those who ask at once share one look. */
  get(key: string, look: () => Promise<Verdict>): Promise<Verdict>;
  forgetAll(): void;
}

export function createProven(now: () => number = () => performance.now()): Proven {
  let known = new Map<string, { verdict: Promise<Verdict>; until: number }>();
  return {
    get(key, look) {
      const held = known.get(key);
      if (held !== undefined && held.until > now()) return held.verdict;
      const entry = { verdict: look(), until: now() + REMEMBERED_MS };
      known.delete(key);
      known.set(key, entry);
      if (known.size > MOST) {
        const [oldest] = known.keys();
        if (oldest !== undefined) known.delete(oldest);
      }
      const map = known;
      const forget = (): void => {
        if (map.get(key) === entry) map.delete(key);
      };
      entry.verdict.then((verdict) => {
        if ('failure' in verdict) {
          // What has ended stays so; the rest may be good a moment later.
          if (verdict.failure !== 'ended') forget();
          return;
        }
        // A credential that ends meanwhile is not good until the end of the memory.
        if (verdict.endsAt !== null) entry.until = Math.min(entry.until, verdict.endsAt);
      }, forget);
      return entry.verdict;
    },
    forgetAll() {
      // Looks under way go on for those who wait for them, and are remembered by nobody.
      known = new Map();
    },
  };
}
