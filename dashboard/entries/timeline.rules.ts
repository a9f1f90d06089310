/** Builds the timeline of an entry, newest item first. Pure. */

import type { Act, Attempt, AttemptPage, BatchAct, BulkChange, Entry, Transition } from './entry-query.ts';
import { type Change, feltIn, type Pausing, textIn, waitsOf } from './waits.rules.ts';

export type Happening = { readonly key: string; readonly at: string } & (
  | { readonly kind: 'enqueued'; readonly by: string | undefined; readonly runAt: string | undefined }
  | { readonly kind: 'attempt'; readonly attempt: Attempt }
  | { readonly kind: 'circuit'; readonly transition: Transition; readonly wasOpenAlready: boolean }
  | { readonly kind: 'pause'; readonly pausing: Pausing; readonly wasAlready: boolean }
  | { readonly kind: 'act'; readonly act: Act }
  | { readonly kind: 'bulk' | 'bulk-undone'; readonly change: BulkChange }
  | { readonly kind: 'password-destroyed' }
  | { readonly kind: 'completed' }
);

export interface Story {
  readonly entry: Pick<
    Entry,
    'createdAt' | 'completedAt' | 'failedAt' | 'cancelledAt' | 'passwordDestroyedAt' | 'bulkActions'
  >;
  readonly attempts: readonly Attempt[];
  readonly transitions: readonly Transition[];
  readonly acts: readonly Act[];
  /** Two lists: pauses of the whole queue, and pauses of the entry's family. */
  readonly pauses: readonly (readonly Change<Pausing>[])[];
  /** Who enqueued it, when the audit entry of the enqueue covers a whole batch. */
  readonly enqueuer?: string | undefined;
}

/** For items with equal timestamps: the order in an entry's life, earliest first. */
const ORDER: readonly Happening['kind'][] = [
  'enqueued',
  'act',
  'bulk',
  'bulk-undone',
  'circuit',
  'pause',
  'attempt',
  'completed',
  'password-destroyed',
];

/** Newest first: a reader wants to know what happened last and reads back from there. */
export function tell(story: Story): Happening[] {
  const { entry, attempts, acts, enqueuer } = story;
  const enqueuing = acts.find(({ action }) => action === 'enqueueAccount');
  const happenings: Happening[] = [
    {
      kind: 'enqueued',
      key: 'enqueued',
      at: entry.createdAt,
      by: enqueuing?.actor ?? enqueuer,
      runAt: textIn(enqueuing?.after, 'runAt'),
    },
    ...attempts.map((attempt) => ({
      kind: 'attempt' as const,
      key: `attempt-${attempt.number}`,
      at: attempt.finishedAt ?? attempt.startedAt,
      attempt,
    })),
    ...acts
      .filter((act) => act !== enqueuing)
      .map((act) => ({ kind: 'act' as const, key: `act-${act.id}`, at: act.at, act })),
    ...whileItWaited(story),
    ...(entry.bulkActions ?? []).flatMap(inBulk),
  ];
  if (entry.completedAt !== null) happenings.push({ kind: 'completed', key: 'completed', at: entry.completedAt });
  if (entry.passwordDestroyedAt !== null)
    happenings.push({ kind: 'password-destroyed', key: 'password-destroyed', at: entry.passwordDestroyedAt });
  return happenings.sort(
    (one, other) =>
      Date.parse(other.at) - Date.parse(one.at) ||
      ORDER.indexOf(other.kind) - ORDER.indexOf(one.kind) ||
      (one.kind === 'attempt' && other.kind === 'attempt' ? other.attempt.number - one.attempt.number : 0),
  );
}

/** A bulk action's effect on the entry (or its exclusion), and its undo. */
function inBulk(change: BulkChange): Happening[] {
  const { bulkActionId, appliedAt, finishedAt } = change.bulkAction;
  const at = change.changedAt ?? appliedAt;
  // Undos from before the undo time was stored per entry have only the end time of the whole undo.
  const undoneAt = change.outcome === 'UNDONE' ? (change.undoneAt ?? finishedAt) : null;
  const told: Happening[] = [];
  if (at !== null) told.push({ kind: 'bulk', key: `bulk-${bulkActionId}`, at, change });
  if (undoneAt !== null) told.push({ kind: 'bulk-undone', key: `bulk-undone-${bulkActionId}`, at: undoneAt, change });
  return told;
}

/** Openings and closings of the circuit, and pauses, while the entry waited; probes are left out. */
function whileItWaited({ entry, attempts, acts, transitions, pauses }: Story): Happening[] {
  const spans = waitsOf({ entry, attempts, acts });
  const turns = transitions
    .filter(({ from, to }) => from === 'CLOSED' || to === 'CLOSED')
    .map((what) => ({ at: what.changedAt, isHold: what.to !== 'CLOSED', what }));
  return [
    ...feltIn(spans, turns).map(({ at, what, wasAlready }) => ({
      kind: 'circuit' as const,
      key: `circuit-${at}-${what.to}`,
      at,
      transition: what,
      wasOpenAlready: wasAlready,
    })),
    ...pauses.flatMap((changes) =>
      feltIn(spans, changes).map(({ at, what, wasAlready }) => ({
        kind: 'pause' as const,
        key: `pause-${at}-${what.kind}-${what.isOfFamily}`,
        at,
        pausing: what,
        wasAlready,
      })),
    ),
  ];
}

/** Who enqueued the entry as part of a batch; undefined if none of these audit entries did. */
export const enqueuerAmong = (batches: readonly BatchAct[], entryId: string): string | undefined =>
  batches.find(({ after }) => listIn(after, 'entryIds').includes(entryId))?.actor;

/**
 * Joins the pages of attempts, newest first. Earlier pages are kept only while they connect to the newest page:
 * a gap would look as if nothing had happened.
 */
export function joinPages(newest: AttemptPage, earlier: readonly AttemptPage[]) {
  const attempts = [...newest.nodes].reverse();
  let { hasPreviousPage, startCursor } = newest.pageInfo;
  for (const page of earlier) {
    const least = attempts.at(-1)?.number ?? Number.POSITIVE_INFINITY;
    if ((page.nodes.at(-1)?.number ?? -1) < least - 1) break;
    attempts.push(...page.nodes.filter(({ number }) => number < least).reverse());
    ({ hasPreviousPage, startCursor } = page.pageInfo);
  }
  return { attempts, hasEarlier: hasPreviousPage, cursor: startCursor };
}

/** Reads a list from the `before` or `after` state of an audit entry. */
function listIn(value: unknown, name: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const found = (value as Record<string, unknown>)[name];
  return Array.isArray(found) ? found : [];
}
