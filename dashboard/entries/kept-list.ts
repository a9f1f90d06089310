/**
 * Keeps the list when the viewer opens one of its entries, so that going back restores the same rows and scroll
 * position. Kept for one step of history, in memory only.
 */

import { graphql, type ResultOf, type VariablesOf } from '../graphql/graphql.ts';
import { keptAs } from '../ui/preferences.ts';
import type { EntryList } from './entry-list.rules.ts';
import type { EntryFilter } from './queue-filter.rules.ts';
import { readViews } from './views.rules.ts';

/* Queries of the entry list: a page of rows, the total count, and changed rows by id. */

const EntryRow = graphql(`
  fragment EntryRow on QueuedCreation @_unmask {
    id entryId username fullName status retryCount maxRetries nextRetryAt lastErrorCode lastErrorMessage createdAt
    canRetry canCancel
    family { familyId name }
  }
`);
export type Entry = ResultOf<typeof EntryRow>;

export const QueueRows = graphql(
  `
  query QueueRows($filter: QueuedCreationFilter, $orderBy: QueuedCreationOrder, $after: String) {
    queuedCreations(first: 100, after: $after, filter: $filter, orderBy: $orderBy) {
      nodes { ...EntryRow }
      pageInfo { endCursor hasNextPage }
    }
  }
`,
  [EntryRow],
);

export const EntryCount = graphql(`
  query EntryCount($filter: QueuedCreationFilter) {
    queuedCreations(first: 1, filter: $filter) { totalCount }
  }
`);

/** Fetches the same entries twice: their current state, and the ids that still match the list's filter. */
export const EntriesAgain = graphql(
  `
  query EntriesAgain($byId: QueuedCreationFilter, $byFilter: QueuedCreationFilter) {
    rows: queuedCreations(first: 100, filter: $byId) { nodes { ...EntryRow } }
    fitting: queuedCreations(first: 100, filter: $byFilter) { nodes { id entryId } }
  }
`,
  [EntryRow],
);

export type FilterInput = NonNullable<VariablesOf<typeof QueueRows>['filter']>;

export interface KeptList {
  readonly address: string;
  readonly list: EntryList<Entry>;
  readonly filter: EntryFilter;
}

/** An older list is too stale to restore. */
const KEPT_MS = 10 * 60_000;
/** Waits until the shell has moved the focus to the page's title. */
const SETTLED_MS = 80;

let kept: LeftList | undefined;
let place: Place = { key: undefined, scrollY: 0 };

/** The list with the time, the scroll position and the opened entry at the moment of leaving. */
interface LeftList extends KeptList {
  readonly at: number;
  readonly place: Place;
  readonly entryId: string | undefined;
}

interface Place {
  /** Key of the step in the browser's history; equal only when the viewer navigates back or forward to that step. */
  readonly key: string | undefined;
  readonly scrollY: number;
}

// Browsers without the Navigation API start at the top, as on any other page.
const stepKey = (): string | undefined => window.navigation?.currentEntry?.key;

/** Saves the scroll position while the list is shown; when the page is left, it is too late to read it. */
export function notePlace(): void {
  if (window.location.pathname === '/queue') place = { key: stepKey(), scrollY: window.scrollY };
}

export function keepList(list: KeptList): void {
  const [, entryId] = /^\/queue\/([^/]+)$/.exec(window.location.pathname) ?? [];
  kept = { ...list, at: performance.now(), place, entryId };
}

/** The kept list if the viewer has just navigated back to it; undefined otherwise. */
export function keptList(address: string): LeftList | undefined {
  const key = stepKey();
  if (kept?.address !== address || key === undefined || kept.place.key !== key) return undefined;
  return performance.now() - kept.at > KEPT_MS ? undefined : kept;
}

/** Restores the scroll position and focuses the opened row. Returns a function that cancels this. */
export function goToPlaceOf({ place: { scrollY }, entryId }: LeftList): () => void {
  const timer = setTimeout(() => {
    window.scrollTo(0, scrollY);
    // The rows at that position are rendered only after scrolling.
    setTimeout(
      () => document.querySelector<HTMLElement>(`tr[data-key="${entryId}"]`)?.focus({ preventScroll: true }),
      SETTLED_MS,
    );
  }, SETTLED_MS);
  return () => clearTimeout(timer);
}

/* The user's own views, stored in this browser only. */

export const { get: ownViews, set: keepViews, use: useOwnViews } = keptAs('family-hub-jobs.queue-views', readViews);
