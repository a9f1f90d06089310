/**
 * A cache of verified credentials, for a few seconds: a busy caller costs one database lookup in that time. A
 * notification from another node empties it at once, so that a revocation takes effect everywhere.
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
      // A lookup in progress still returns to its callers, but is not cached.
      known.clear();
    },
  };
}

/** A verified caller, without the data of its request. */
export interface Proof {
  readonly caller: Omit<Caller, 'requestId' | 'address'>;
  /** When the credential expires; null: never. */
  readonly validUntil: Date | null;
  /** The API token that was sent, or that the session was started with. */
  readonly apiTokenId: string | null;
  /** The browser's session; null if the credential itself was sent. */
  readonly sessionId: string | null;
  /**
   * A keyed digest of what identified this caller: the admin token that was sent, or the configuration of the
   * issuer and its roles. A session ends when that has changed. Null: only its row in the database counts.
   */
  readonly sourceDigest: string | null;
}

/** Converts a duration to an instant of `performance.now`, a clock that no one sets; null: never. */
export const endIn = (ms: number | null): number | null => (ms === null ? null : performance.now() + ms);

export type Verdict =
  /** `endsAt`: when the proof expires, as `endIn` returns it. */
  | { readonly proof: Proof; readonly endsAt: number | null }
  | {
      /**
       * `unknown`: never issued, or altered: a guess. `ended`: was valid once, which only its owner can know.
       * `forbidden`: valid, but without a role here. `unavailable`: cannot be verified at the moment.
       */
      readonly failure: 'unknown' | 'ended' | 'forbidden' | 'unavailable';
      readonly message: string;
    };

export const UNKNOWN: Verdict = {
  failure: 'unknown',
  message: 'The token is not one of this server. Check that all of it was given.',
};
