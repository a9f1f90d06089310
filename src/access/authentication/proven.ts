/**
 * What credentials were found to be worth, for a few seconds: a busy caller costs one look at the
 * database in that time. A notice of another node empties it at once, so that a revocation is felt
 * everywhere without waiting. Bounded; what is not remembered is looked up.
 */
import type { Caller } from '../../work/caller.ts';

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
