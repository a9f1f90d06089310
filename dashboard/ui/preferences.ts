/** The user's preferences: theme, zone, density, format of times, and shortcuts. Stored in this browser only. */
import { keptAs, over } from './kept.ts';

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

export const THEMES = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const satisfies readonly (readonly [Theme, string])[];

export const ZONES = [
  ['local', `Local (${Intl.DateTimeFormat().resolvedOptions().timeZone})`],
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
