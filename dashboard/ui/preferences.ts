/** What a person has chosen for this browser: theme, zone and density. Kept in the browser alone. */
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
/** `job`: instants of a schedule in its own zone, others in the browser's. */
export type ZoneChoice = 'local' | 'utc' | 'job';

/** How close the rows of tables stand. */
export type Density = 'roomy' | 'dense';

/** `short`: as people say it, the exact instant a hover or a tap away; `exact`: in full, for those who do neither. */
export type Times = 'short' | 'exact';

/** Whether keys of one character do something by themselves, which speech and a slipping hand press by mistake. */
export type Keys = 'on' | 'off';

export interface Preferences {
  readonly theme: Theme;
  readonly zone: ZoneChoice;
  readonly density: Density;
  readonly times: Times;
  readonly keys: Keys;
}

const KEY = 'family-hub-jobs';
const DEFAULTS: Preferences = { theme: 'system', zone: 'local', density: 'roomy', times: 'short', keys: 'on' };
const listeners = new Set<() => void>();
let preferences = read();

function read(): Preferences {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>) };
  } catch {
    return DEFAULTS;
  }
}

/** Changes some of them, at once and for the next visit. */
export function prefer(change: Partial<Preferences>): void {
  preferences = { ...preferences, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // A browser that keeps nothing: they hold until the page is left.
  }
  applyTheme();
  for (const told of listeners) told();
}

export function applyTheme(): void {
  if (preferences.theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = preferences.theme;
  document.documentElement.dataset.density = preferences.density;
}

/** For what is no component. */
export const preferred = (): Preferences => preferences;

export const TIMES = [
  ['short', 'In short: “3 min. ago”'],
  ['exact', 'In full, to the second'],
] as const satisfies readonly (readonly [Times, string])[];

export const usePreferences = (): Preferences =>
  useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => preferences,
  );

/** The zone to show instants in: an IANA name, or undefined for the browser's. */
export function useZone(jobZone?: string): string | undefined {
  const { zone } = usePreferences();
  if (zone === 'utc') return 'UTC';
  return zone === 'job' ? jobZone : undefined;
}
