/**
 * Notifies open subscriptions when their credential is no longer valid: after a notification that something
 * changed, when a credential expires, and by a check every ten seconds for changes without a notification (a
 * changed file, a lost notification).
 */
import type { Logger } from '../../telemetry/logger.ts';
import type { Credential } from './given-secret.ts';
import type { Verdict } from './proven.ts';

const LOOK_EVERY_MS = 10_000;
/** setTimeout takes no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface Ends {
  /** Calls `ended` once, when the credential has ended. Returns a function that stops watching. */
  watch(credential: Credential, endsAt: number | null, ended: () => void): () => void;
  /** Checks all watched credentials. */
  recheck(): Promise<void>;
  close(): void;
}

interface Watched {
  readonly credential: Credential;
  readonly listeners: Set<() => void>;
  timer: NodeJS.Timeout | undefined;
}

export function createEnds(verify: (credential: Credential) => Promise<Verdict>, logger: Logger): Ends {
  const all = new Map<string, Watched>();

  const drop = (key: string, watched: Watched): void => {
    clearTimeout(watched.timer);
    if (all.get(key) === watched) all.delete(key);
  };
  const arm = (key: string, watched: Watched, endsAt: number | null): void => {
    clearTimeout(watched.timer);
    if (endsAt === null) return;
    const inMs = Math.max(0, endsAt - performance.now());
    // Slightly late rather than too early by the database's clock.
    watched.timer = setTimeout(() => void look(key, watched), Math.min(LONGEST_TIMER_MS, inMs + 20));
    watched.timer.unref();
  };
  const look = async (key: string, watched: Watched): Promise<void> => {
    let verdict: Verdict;
    try {
      verdict = await verify(watched.credential);
    } catch (error) {
      logger.debug({ err: error }, 'Whether an open subscription’s caller is still good cannot be said now');
      return;
    }
    // No longer watched.
    if (all.get(key) !== watched) return;
    if ('proof' in verdict) return arm(key, watched, verdict.endsAt);
    if (verdict.failure === 'unavailable') return;
    drop(key, watched);
    for (const ended of watched.listeners) ended();
    watched.listeners.clear();
  };
  const recheck = async (): Promise<void> => {
    await Promise.all([...all].map(([key, watched]) => look(key, watched)));
  };
  const timer = setInterval(() => void recheck(), LOOK_EVERY_MS);
  timer.unref();

  return {
    watch(credential, endsAt, ended) {
      const { key } = credential;
      let watched = all.get(key);
      if (watched === undefined) {
        watched = { credential, listeners: new Set(), timer: undefined };
        all.set(key, watched);
        arm(key, watched, endsAt);
        // It may have ended after its verification and before this call.
        void look(key, watched);
      }
      const held = watched;
      held.listeners.add(ended);
      return () => {
        held.listeners.delete(ended);
        if (held.listeners.size === 0) drop(key, held);
      };
    },
    recheck,
    close() {
      clearInterval(timer);
      for (const [key, watched] of all) drop(key, watched);
    },
  };
}
