/** What this browser keeps from visit to visit, and what follows it on the page. */
import { useSyncExternalStore } from 'react';

export interface Kept<Value> {
  readonly get: () => Value;
  /** At once, and for the next visit. */
  readonly set: (value: Value) => void;
  readonly use: () => Value;
}

/** `read` makes it of the text that was kept; null: nothing was, or nothing that can be read. */
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
        // A browser that keeps nothing: it holds until the page is left.
      }
      for (const told of listeners) told();
    },
    use: () => useSyncExternalStore(listen, get),
  };
}

/** An object of which a part may have been kept, perhaps by a version that knew less of it. */
export const over =
  <Value extends object>(defaults: Value) =>
  (text: string | null): Value => ({ ...defaults, ...(JSON.parse(text ?? '{}') as Partial<Value>) });
