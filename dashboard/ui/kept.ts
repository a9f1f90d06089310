/** A value that this browser stores between visits, with a hook that follows its changes. */
import { useSyncExternalStore } from 'react';

export interface Kept<Value> {
  readonly get: () => Value;
  /** Takes effect at once and is stored for the next visit. */
  readonly set: (value: Value) => void;
  readonly use: () => Value;
}

/** `read` parses the stored text; it gets null when nothing is stored or the text is invalid. */
export function keptAs<Value>(key: string, read: (text: string | null) => Value): Kept<Value> {
  const listeners = new Set<() => void>();
  const listen = (told: () => void): (() => void) => {
    listeners.add(told);
    return () => listeners.delete(told);
  };
  const stored = (): Value => {
    try {
      return read(localStorage.getItem(key));
    } catch {
      return read(null);
    }
  };
  let value = stored();
  const get = (): Value => value;
  return {
    get,
    set: (next) => {
      value = next;
      try {
        localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // Storage is blocked: the value holds until the page is closed.
      }
      for (const told of listeners) told();
    },
    use: () => useSyncExternalStore(listen, get),
  };
}

/** Merges the stored fields over the defaults, because an earlier version may have stored fewer of them. */
export const over =
  <Value extends object>(defaults: Value) =>
  (text: string | null): Value => ({ ...defaults, ...(JSON.parse(text ?? '{}') as Partial<Value>) });
