/** The user's preferences: theme, zone, density, format of times, and shortcuts. Stored in this browser only. */

import { useSyncExternalStore } from 'react';

/* A value that this browser stores between visits, with a hook that follows its changes. */

interface Kept<Value> {
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

export type Theme = 'system' | 'light' | 'dark';
/** `job`: instants of a schedule in the job's zone, others in the browser's. */
type ZoneChoice = 'local' | 'utc' | 'job';

/** The height of table rows. */
type Density = 'roomy' | 'dense';

/**
 * `short`: relative or abbreviated, with the exact instant in a tooltip; `exact`: in full, for users who can neither
 * hover nor tap.
 */
export type Times = 'short' | 'exact';

/** Whether single-key shortcuts are on. Speech input or an unsteady hand triggers them by accident. */
type Keys = 'on' | 'off';

export interface Preferences {
  readonly theme: Theme;
  readonly zone: ZoneChoice;
  readonly density: Density;
  readonly times: Times;
  readonly keys: Keys;
}

const DEFAULTS: Preferences = { theme: 'system', zone: 'local', density: 'roomy', times: 'short', keys: 'on' };
const kept = keptAs('family-hub-jobs', over(DEFAULTS));

export const usePreferences = kept.use;
/** For code outside of components. */
export const preferred = kept.get;

/** Changes some preferences, at once and for the next visit. */
export function prefer(change: Partial<Preferences>): void {
  kept.set({ ...preferred(), ...change });
  applyTheme();
}

export function applyTheme(): void {
  const { theme, density } = preferred();
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.documentElement.dataset.density = density;
}

const BROWSER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const THEMES = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const satisfies readonly (readonly [Theme, string])[];

export const ZONES = [
  ['local', `Local (${BROWSER_ZONE})`],
  ['utc', 'UTC'],
  ['job', 'The job’s zone, if any'],
] as const satisfies readonly (readonly [ZoneChoice, string])[];

export const TIMES = [
  ['short', 'In short: “3 min. ago”'],
  ['exact', 'In full, to the second'],
] as const satisfies readonly (readonly [Times, string])[];

/** The zone to show instants in: an IANA name, or undefined for the browser's. */
export function useZone(jobZone?: string): string | undefined {
  const { zone } = usePreferences();
  if (zone === 'utc') return 'UTC';
  return zone === 'job' ? jobZone : undefined;
}

/** The IANA name of that zone: a page names it once, instead of with each time. */
export const useZoneName = (jobZone?: string): string => useZone(jobZone) ?? BROWSER_ZONE;
