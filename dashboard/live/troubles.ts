/**
 * The problems that keep queries from getting results: shown once above the page, no matter how many queries wait, and
 * retried until they succeed.
 */

import { useEffect, useSyncExternalStore } from 'react';
import { serverNow } from '../graphql/client.ts';

/** How long users wait before they suspect a problem. */
const SLOW_MS = 5_000;
const AGAIN_MS = 5_000;

export interface Trouble {
  /** The error as a message for the user; undefined when the response is only late. */
  readonly problem: string | undefined;
  /** The user must sign in again. */
  readonly isSignedOut: boolean;
  /** When the late request was sent, by the server's clock. */
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

/** The worst problem: first what the user must act on, then what fails, then what is late. */
const worst = (): Trouble | undefined =>
  troubles.find(({ isSignedOut }) => isSignedOut) ??
  troubles.find(({ problem }) => problem !== undefined) ??
  troubles[0];

export const useWorstTrouble = (): Trouble | undefined => useSyncExternalStore(listen, worst);

export const retryAll = (): void => {
  for (const { retry } of troubles) retry();
};

interface Waiting {
  /** The query has failed, and may succeed later. */
  readonly problem: string | undefined;
  readonly isSignedOut: boolean;
  /** The query is in flight. */
  readonly isBusy: boolean;
  readonly retry: () => void;
}

/** Reports a query's problem while it lasts, and retries the query. */
export function useTrouble({ problem, isSignedOut, isBusy, retry }: Waiting): void {
  useEffect(() => {
    if (problem !== undefined) return add({ problem, isSignedOut, since: serverNow(), retry });
  }, [problem, isSignedOut, retry]);
  useEffect(() => {
    if (problem === undefined || isBusy) return;
    // Each request without a session counts as a guess, so it is retried only when the user returns to the page.
    if (isSignedOut) {
      const back = (): void => void (document.visibilityState === 'visible' && retry());
      document.addEventListener('visibilitychange', back);
      return () => document.removeEventListener('visibilitychange', back);
    }
    // Spreads the retries, so that a page's queries are not all sent at the same moment.
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
