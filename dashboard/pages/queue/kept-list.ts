/**
 * The list as it was left for one of its entries: going back leads to the same rows at the same
 * place, and not to the top of another list. Kept for one step back, in memory alone.
 */

import type { EntryFilter } from '../../entries/queue-filter.rules.ts';
import type { Entry } from './entry-documents.ts';
import type { EntryList } from './entry-list.rules.ts';

export interface KeptList {
  readonly address: string;
  readonly list: EntryList<Entry>;
  readonly filter: EntryFilter;
}

/** Older ones are of another time. */
const KEPT_MS = 10 * 60_000;
/** After the shell has gone to the page's title. */
const SETTLED_MS = 80;

let kept: LeftList | undefined;
let place: Place = { key: undefined, scrollY: 0 };

/** With where it was left, and the entry that it was left for. */
interface LeftList extends KeptList {
  readonly at: number;
  readonly place: Place;
  readonly entryId: string | undefined;
}

interface Place {
  /** Which step of the browser's history: the same one again only for who goes back or forth to it. */
  readonly key: string | undefined;
  readonly scrollY: number;
}

// Browsers without it begin at the top, as they do everywhere else.
const stepKey = (): string | undefined => window.navigation?.currentEntry?.key;

/** Where the reader is: told while the list is shown, since it is too late when it is left. */
export function notePlace(): void {
  if (window.location.pathname === '/queue') place = { key: stepKey(), scrollY: window.scrollY };
}

export function keepList(list: KeptList): void {
  const [, entryId] = /^\/queue\/([^/]+)$/.exec(window.location.pathname) ?? [];
  kept = { ...list, at: performance.now(), place, entryId };
}

/** The list that was left, when somebody has just gone back to it. */
export function keptList(address: string): LeftList | undefined {
  const key = stepKey();
  if (kept?.address !== address || key === undefined || kept.place.key !== key) return undefined;
  return performance.now() - kept.at > KEPT_MS ? undefined : kept;
}

/** Goes to where the list was left, and to the row that was opened. */
export function goToPlaceOf({ place: { scrollY }, entryId }: LeftList): () => void {
  const timer = setTimeout(() => {
    window.scrollTo(0, scrollY);
    // The rows of that place are made once it is scrolled to.
    setTimeout(
      () => document.querySelector<HTMLElement>(`tr[data-key="${entryId}"]`)?.focus({ preventScroll: true }),
      SETTLED_MS,
    );
  }, SETTLED_MS);
  return () => clearTimeout(timer);
}
