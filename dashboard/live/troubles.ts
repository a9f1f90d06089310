/**
 * What keeps queries from their answers at present: told once above the page, however many wait, and
 * tried again until they are answered.
 */
import { useEffect, useSyncExternalStore } from 'react';
import { serverNow } from '../graphql/transport.ts';

/** From when on a person asks themselves whether anything comes. */
const SLOW_MS = 5_000;
const AGAIN_MS = 5_000;

export interface Trouble {
  /** What is wrong, for people; undefined: an answer is only late. */
  readonly problem: string | undefined;
  /** Somebody has to sign in again. */
  readonly isSignedOut: boolean;
  /** When what is late was asked for, by the server's clock. */
  readonly since: number;
  readonly retry: () => void;
}

let troubles: readonly Trouble[] = [];
const listeners = new Set<() => void>();

function become(now: readonly Trouble[]): void {
  troubles = now;
  for (const told of listeners) told();
}

function add(trouble: Trouble): () => void {
  become([...troubles, trouble]);
  return () => become(troubles.filter((one) => one !== trouble));
}

const listen = (told: () => void): (() => void) => {
  listeners.add(told);
  return () => listeners.delete(told);
};

/** The worst of them: what a person has to do something about, then what fails, then what is late. */
const worst = (): Trouble | undefined =>
  troubles.find(({ isSignedOut }) => isSignedOut) ??
  troubles.find(({ problem }) => problem !== undefined) ??
  troubles[0];

export const useWorstTrouble = (): Trouble | undefined => useSyncExternalStore(listen, worst);

export const retryAll = (): void => {
  for (const { retry } of troubles) retry();
};

interface Waiting {
  /** It has failed, and may be answered another time. */
  readonly problem: string | undefined;
  readonly isSignedOut: boolean;
  /** It is on its way. */
  readonly isBusy: boolean;
  readonly retry: () => void;
}

/** Has the trouble of a query told as long as it lasts, and the query asked again. */
export function useTrouble({ problem, isSignedOut, isBusy, retry }: Waiting): void {
  useEffect(() => {
    if (problem !== undefined) return add({ problem, isSignedOut, since: serverNow(), retry });
  }, [problem, isSignedOut, retry]);
  useEffect(() => {
    if (problem === undefined || isBusy) return;
    // Each look of one who is not signed in counts as a guess: they are made when a person comes back.
    if (isSignedOut) {
      const back = (): void => void (document.visibilityState === 'visible' && retry());
      document.addEventListener('visibilitychange', back);
      return () => document.removeEventListener('visibilitychange', back);
    }
    // Not all of a page in the same moment.
    const timer = setTimeout(retry, AGAIN_MS * (0.8 + Math.random() / 2.5));
    return () => clearTimeout(timer);
  }, [problem, isSignedOut, isBusy, retry]);
  useEffect(() => {
    if (!isBusy) return;
    const since = serverNow();
    let remove: (() => void) | undefined;
    const timer = setTimeout(() => {
      remove = add({ problem: undefined, isSignedOut: false, since, retry });
    }, SLOW_MS);
    return () => {
      clearTimeout(timer);
      remove?.();
    };
  }, [isBusy, retry]);
}
