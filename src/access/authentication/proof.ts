/** What a credential turned out to be worth; every kind of credential is looked up to one of these. */
import type { Caller } from '../../work/caller.ts';

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
