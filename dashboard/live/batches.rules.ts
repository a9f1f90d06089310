/** Groups the changes from the live stream: a flood of changes becomes one batch of any size. */

import { counted } from '../ui/words.ts';

export type Subject = 'QUEUED_CREATION' | 'JOB_RUN' | 'SCHEDULE' | 'CIRCUIT' | 'BULK_ACTION' | 'ALERT';

export interface Told {
  readonly subject: Subject;
  readonly kind: 'CREATED' | 'UPDATED' | 'REMOVED';
  /** The object's id; the job's name for a schedule, empty for the circuit. */
  readonly key: string;
}

interface SubjectBatch {
  /** All changed objects, including new ones. */
  readonly keys: ReadonlySet<string>;
  /** The new objects. */
  readonly created: ReadonlySet<string>;
}

export type Batch = Partial<Record<Subject, SubjectBatch>>;

/** Groups changes by subject. */
export function gather(told: readonly Told[]): Batch {
  const batch: Partial<Record<Subject, { keys: Set<string>; created: Set<string> }>> = {};
  for (const { subject, kind, key } of told) {
    batch[subject] ??= { keys: new Set(), created: new Set() };
    const found = batch[subject];
    found.keys.add(key);
    if (kind === 'CREATED') found.created.add(key);
  }
  return batch;
}

const WORDS: Readonly<Record<Subject, readonly [one: string, many: string]>> = {
  QUEUED_CREATION: ['entry', 'entries'],
  JOB_RUN: ['run', 'runs'],
  SCHEDULE: ['schedule', 'schedules'],
  CIRCUIT: ['change of the circuit', 'changes of the circuit'],
  BULK_ACTION: ['bulk action', 'bulk actions'],
  ALERT: ['alert', 'alerts'],
};

/** "3 entries and 1 alert", for the changes missed while disconnected; empty when there were none. */
export function summarise(batch: Batch): string {
  const parts = (Object.keys(WORDS) as Subject[]).flatMap((subject) => {
    const size = batch[subject]?.keys.size ?? 0;
    return size === 0 ? [] : [counted(size, ...WORDS[subject])];
  });
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/*
 * When to refetch a query: at once if it was idle, and never so often that its responses do not arrive. Pure except for
 * the clock that it is given.
 */

/** A query is fetched at most this often. */
const AT_MOST_EVERY_MS = 1_000;
/** A response that takes longer is given up: the connection died while the computer slept, for example. */
const GIVEN_UP_AFTER_MS = 30_000;

export interface Clock {
  readonly now: () => number;
  /** Calls once after this many milliseconds; returns a function that cancels the call. */
  readonly after: (ms: number, call: () => void) => () => void;
}

export interface Refreshing {
  /** Requests a refetch; during a request in flight, it is deferred until the response arrives. */
  readonly want: () => void;
  /** Reports whether a request is in flight. */
  readonly isBusy: (isBusy: boolean) => void;
  /** Cancels a pending refetch: the query is no longer in use. */
  readonly stop: () => void;
}

export function createRefreshing(ask: () => void, clock: Clock): Refreshing {
  let askedAt = Number.NEGATIVE_INFINITY;
  let isWanted = false;
  let isAsking = false;
  let takeBack: (() => void) | undefined;

  const look = (): void => {
    takeBack?.();
    takeBack = undefined;
    if (!isWanted) return;
    const wait = askedAt + (isAsking ? GIVEN_UP_AFTER_MS : AT_MOST_EVERY_MS) - clock.now();
    if (wait > 0) {
      takeBack = clock.after(wait, look);
      return;
    }
    isWanted = false;
    askedAt = clock.now();
    ask();
  };
  return {
    want: () => {
      isWanted = true;
      look();
    },
    isBusy: (isBusy) => {
      // Applies to requests started elsewhere too: changes since their start may be missing from their response.
      if (isBusy && !isAsking) askedAt = clock.now();
      isAsking = isBusy;
      look();
    },
    stop: () => {
      isWanted = false;
      takeBack?.();
      takeBack = undefined;
    },
  };
}
