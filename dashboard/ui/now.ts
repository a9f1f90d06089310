/** The current time for components that show how far away an instant is, with one timer for all of them. */
import { useSyncExternalStore } from 'react';
import { serverNow } from '../graphql/transport.ts';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function listen(told: () => void): () => void {
  listeners.add(told);
  timer ??= setInterval(() => {
    if (document.visibilityState === 'visible') for (const one of listeners) one();
  }, 1_000);
  return () => {
    listeners.delete(told);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The server's current time in milliseconds since 1970, updated every `stepMs` (whole seconds, at least 1 s). */
export const useNow = (stepMs = 1_000): number =>
  useSyncExternalStore(listen, () => Math.floor(serverNow() / stepMs) * stepMs);
