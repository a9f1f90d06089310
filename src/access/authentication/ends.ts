/**
 * Tells those who stay (open subscriptions) when what they were let in with is good no more: at
 * once when a notice says that something changed, at the moment a credential expires, and by a
 * look every ten seconds for what comes with no notice (a changed file, a notice that was lost).
 */
import type { Logger } from '../../telemetry/logger.ts';
import type { Credential } from './given-secret.ts';
import type { Verdict } from './proven.ts';

const LOOK_EVERY_MS = 10_000;
/** A timer takes no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface Ends {
  /** Calls back once, when the credential has ended. Answers how to stop watching. */
  watch(credential: Credential, endsAt: number | null, ended: () => void): () => void;
  /** Looks at all that are watched. */
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
    // A little late rather than too early by the database's clock.
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
    // Nobody watches any more.
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
        // It may have ended between being proven and being watched.
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
