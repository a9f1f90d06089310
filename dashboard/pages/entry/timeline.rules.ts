/** Everything that happened to an entry as one story, told from its newest part on. */
import type { Act, Attempt, AttemptPage, BulkChange, Entry, Transition } from './entry-query.ts';

export type Happening = { readonly key: string; readonly at: string } & (
  | { readonly kind: 'enqueued'; readonly by: string | undefined; readonly runAt: string | undefined }
  | { readonly kind: 'attempt'; readonly attempt: Attempt }
  | { readonly kind: 'circuit'; readonly transition: Transition; readonly wasOpenAlready: boolean }
  | { readonly kind: 'act'; readonly act: Act }
  | { readonly kind: 'bulk' | 'bulk-undone'; readonly change: BulkChange }
  | { readonly kind: 'password-destroyed' }
  | { readonly kind: 'completed' }
);

export interface Story {
  readonly entry: Pick<
    Entry,
    'status' | 'createdAt' | 'updatedAt' | 'completedAt' | 'passwordDestroyedAt' | 'bulkActions'
  >;
  readonly attempts: readonly Attempt[];
  readonly transitions: readonly Transition[];
  readonly acts: readonly Act[];
}

/** At the same instant, what comes later in an entry's life counts as newer. */
const ORDER: readonly Happening['kind'][] = [
  'enqueued',
  'act',
  'bulk',
  'bulk-undone',
  'circuit',
  'attempt',
  'completed',
  'password-destroyed',
];

/** The newest first: whoever looks at an entry wants to know what happened last, and reads back from there. */
export function tell({ entry, attempts, transitions, acts }: Story): Happening[] {
  const enqueuing = acts.find(({ action }) => action === 'enqueueAccount');
  const happenings: Happening[] = [
    {
      kind: 'enqueued',
      key: 'enqueued',
      at: entry.createdAt,
      by: enqueuing?.actor,
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
    ...whileItWaited(transitions, entry, endOf({ entry, attempts, transitions, acts })),
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

/** A bulk action with what it did to the entry, or did not; and that it was taken back. */
function inBulk(change: BulkChange): Happening[] {
  const { bulkActionId, appliedAt, finishedAt } = change.bulkAction;
  const at = change.changedAt ?? appliedAt;
  // Of one that was taken back before each entry knew when, the end of the whole undo is known.
  const undoneAt = change.outcome === 'UNDONE' ? (change.undoneAt ?? finishedAt) : null;
  const told: Happening[] = [];
  if (at !== null) told.push({ kind: 'bulk', key: `bulk-${bulkActionId}`, at, change });
  if (undoneAt !== null) told.push({ kind: 'bulk-undone', key: `bulk-undone-${bulkActionId}`, at: undoneAt, change });
  return told;
}

/** When it stopped waiting, in milliseconds since 1970: what ended it, not the destruction of its password later on. */
function endOf({ entry, attempts, acts }: Story): number {
  const { status, createdAt, updatedAt, completedAt, passwordDestroyedAt, bulkActions } = entry;
  if (status === 'PENDING' || status === 'PROCESSING') return Number.POSITIVE_INFINITY;
  if (completedAt !== null) return Date.parse(completedAt);
  if (passwordDestroyedAt === null) return Date.parse(updatedAt);
  const instants = [
    createdAt,
    ...(bulkActions ?? []).map((one) => one.changedAt),
    ...attempts.map((one) => one.finishedAt),
    ...acts.map((one) => one.at),
  ];
  return Math.max(...instants.flatMap((at) => (at == null ? [] : [Date.parse(at)])));
}

/** Openings and closings of the circuit between the entry's beginning and its end; probes within them left out. */
function whileItWaited(transitions: readonly Transition[], entry: Story['entry'], ended: number): Happening[] {
  const began = Date.parse(entry.createdAt);
  const felt = transitions.filter(({ from, to }) => from === 'CLOSED' || to === 'CLOSED');
  const within = felt.filter(({ changedAt }) => Date.parse(changedAt) > began && Date.parse(changedAt) <= ended);
  // The newest come first: the one in force when the entry was enqueued.
  const before = felt.find(({ changedAt }) => Date.parse(changedAt) <= began);
  const told = before !== undefined && before.to !== 'CLOSED' ? [...within, before] : within;
  return told.map((transition) => ({
    kind: 'circuit',
    key: `circuit-${transition.changedAt}-${transition.to}`,
    at: transition === before ? entry.createdAt : transition.changedAt,
    transition,
    wasOpenAlready: transition === before,
  }));
}

/**
 * The pages of attempts put together, the newest first. What was loaded earlier is kept only as far as it
 * joins on to the newest page: a hole would look as if nothing had happened.
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

/** A text inside of what an act changed. */
function textIn(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Record<string, unknown>)[name];
  return typeof found === 'string' ? found : undefined;
}

/** What an explanation says beyond its blockers' own messages; undefined when that is nothing. */
export function beyond(summary: string, messages: readonly string[]): string | undefined {
  let rest = summary;
  for (const message of messages) rest = rest.replace(message, '');
  rest = rest.replace(/\s+/g, ' ').trim();
  return rest === '' ? undefined : rest;
}
