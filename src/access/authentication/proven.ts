/**
 * A cache of verified credentials, for a few seconds: a busy caller costs one database lookup in that
 * time. A notice of another node empties it at once, so a revocation takes effect everywhere.
 */
import { LRUCache } from 'lru-cache';
import type { Caller } from '../../work/caller.ts';

const REMEMBERED_MS = 5_000;
const MOST = 5_000;

export interface Proven {
  /** The verdict under this key: the cached one, else that of `look`, which concurrent callers share. */
  get(key: string, look: () => Promise<Verdict>): Promise<Verdict>;
  forgetAll(): void;
}

export function createProven(now: () => number = () => performance.now()): Proven {
  const known = new LRUCache<string, { verdict: Promise<Verdict>; until: number }>({ max: MOST });
  return {
    get(key, look) {
      const held = known.get(key);
      if (held !== undefined && held.until > now()) return held.verdict;
      const entry = { verdict: look(), until: now() + REMEMBERED_MS };
      known.set(key, entry);
      const forget = (): void => {
        if (known.peek(key) === entry) known.delete(key);
      };
      entry.verdict.then((verdict) => {
        if ('failure' in verdict) {
          // An ended credential stays ended; the other failures may be over in a moment.
          if (verdict.failure !== 'ended') forget();
          return;
        }
        // Never cached beyond the credential's own end.
        if (verdict.endsAt !== null) entry.until = Math.min(entry.until, verdict.endsAt);
      }, forget);
      return entry.verdict;
    },
    forgetAll() {
      // A lookup under way still answers its callers, and is not cached.
      known.clear();
    },
  };
}

/** A caller that was recognised, still without its request. */
export interface Proof {
  readonly caller: Omit<Caller, 'requestId' | 'address'>;
  /** When the credential ends by itself; null: never. */
  readonly validUntil: Date | null;
  /** The API token that was shown, or that the session was begun with. */
  readonly apiTokenId: string | null;
  /** The browser's session; null when the credential itself was shown. */
  readonly sessionId: string | null;
  /**
   * A keyed digest of what made this caller: the admin token that was shown, or how the issuer and
   * its roles are configured. A session ends when that has changed. Null: its row in the database is all.
   */
  readonly sourceDigest: string | null;
}

/** When so much time is over, by the clock of `performance.now`, which nobody sets; null: never. */
export const endIn = (ms: number | null): number | null => (ms === null ? null : performance.now() + ms);

export type Verdict =
  /** `endsAt`: when the proof is good no more, as `endIn` says it. */
  | { readonly proof: Proof; readonly endsAt: number | null }
  | {
      /**
       * `unknown`: never made, or altered: a guess. `ended`: was good once, which only its owner
       * can know. `forbidden`: good, but for no role here. `unavailable`: nobody can say just now.
       */
      readonly failure: 'unknown' | 'ended' | 'forbidden' | 'unavailable';
      readonly message: string;
    };

export const UNKNOWN: Verdict = {
  failure: 'unknown',
  message: 'The token is not one of this server. Check that all of it was given.',
};
