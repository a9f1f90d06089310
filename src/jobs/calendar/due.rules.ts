/**
 * Computes what is due between two instants; a pure function that timers, catch-up, next fire times, previews and
 * tests all use. It splits the span into stretches of constant UTC offset, matches the cron in each as if local
 * time were UTC, and applies the rule at the seams: where the hour field names hours, a time that does not exist
 * fires later by the length of the gap, and a time that occurs twice fires at the first (ECMAScript Temporal's
 * "compatible"); otherwise every real instant fires.
 */
import { type Cron, cronOf } from './cron.rules.ts';
import { firstLocal, isLocal, lastLocal, localCount, localTimes } from './local-time.rules.ts';
import { type Stretch, stretches } from './time-zone.rules.ts';

export interface Recurrence {
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
}

export type DstNote = 'shifted_by_gap' | 'first_of_repeated' | 'second_of_repeated';

export interface DueInstant {
  readonly at: Date;
  /** Null when no clock change affects the instant. */
  readonly dst: DstNote | null;
}

const DAY = 86_400_000;
/** The rarest cron (a 29 February on a certain weekday) waits 40 years across a century year without a leap day. */
const HORIZON = 60 * 366 * DAY;
const CHUNK = 400 * DAY;
/** The last instant that a JavaScript date can represent, minus room for offsets. */
const END_OF_TIME = 8.64e15 - 10 * DAY;

/** Every due instant in (after, through], ascending, each once, computed lazily. */
export function* dueInstants(recurrence: Recurrence, after: Date, through: Date): Generator<DueInstant> {
  const cron = cronOf(recurrence.cron);
  for (const piece of pieces(cron, recurrence.timeZone, after.getTime() + 1, through.getTime() + 1)) {
    yield* instantsOf(cron, piece);
  }
}

/** The next `count` due instants after an instant; fewer when the next 60 years have no more. */
export function nextDue(recurrence: Recurrence, after: Date, count: number): DueInstant[] {
  const found: DueInstant[] = [];
  if (count < 1) return found;
  const through = new Date(Math.min(after.getTime() + HORIZON, END_OF_TIME));
  for (const due of dueInstants(recurrence, after, through)) {
    found.push(due);
    if (found.length >= count) break;
  }
  return found;
}

/** Whether this many fire times may be requested at once. */
export const isCount = (count: number): boolean => count >= 1 && count <= 100;

/** The newest due instant before an instant (and not before `since`, if given); null when there is none. */
export function previousDue(recurrence: Recurrence, before: Date, since?: Date): Date | null {
  const cron = cronOf(recurrence.cron);
  const earliest = since?.getTime() ?? before.getTime() - HORIZON;
  for (let to = before.getTime(); to > earliest; to -= CHUNK) {
    for (const piece of [...pieces(cron, recurrence.timeZone, Math.max(to - CHUNK, earliest), to)].reverse()) {
      const own = lastLocal(cron, piece.from, piece.to);
      const shifted = lastLocal(cron, piece.shiftedFrom, piece.shiftedTo);
      const newest = Math.max(
        own === null ? Number.NEGATIVE_INFINITY : own - piece.offset,
        shifted === null ? Number.NEGATIVE_INFINITY : shifted - piece.offsetBefore,
      );
      if (newest > Number.NEGATIVE_INFINITY) return new Date(newest);
    }
  }
  return null;
}

/**
 * How many instants are due in (after, through]. Counts by days, so that a year of
 * seconds takes about a millisecond.
 */
export function countDue(recurrence: Recurrence, after: Date, through: Date): number {
  const cron = cronOf(recurrence.cron);
  let count = 0;
  for (const piece of pieces(cron, recurrence.timeZone, after.getTime() + 1, through.getTime() + 1)) {
    count += localCount(cron, piece.from, piece.to);
    for (const local of localTimes(cron, piece.shiftedFrom, piece.shiftedTo)) {
      if (!coincides(cron, piece, local)) count++;
    }
  }
  return count;
}

/** The part of a stretch within the span, as local times; every `to` is exclusive. */
interface Piece extends Stretch {
  readonly from: number;
  readonly to: number;
  /** Local times that the change at the start skipped; empty unless the hour field names hours. */
  readonly shiftedFrom: number;
  readonly shiftedTo: number;
}

function* pieces(cron: Cron, timeZone: string, from: number, to: number): Generator<Piece> {
  for (const stretch of stretches(timeZone, from, to)) {
    const { start, end, offset, offsetBefore } = stretch;
    const [first, last] = [Math.max(start, from), Math.min(end, to)];
    if (cron.followsElapsedTime) {
      yield { ...stretch, from: first + offset, to: last + offset, shiftedFrom: 0, shiftedTo: 0 };
      continue;
    }
    yield {
      ...stretch,
      // Local times that the previous stretch already had do not fire again.
      from: Math.max(first + offset, start + offsetBefore),
      to: last + offset,
      // A skipped local time is read with the offset before the gap, so that it fires later by the gap's length.
      shiftedFrom: first + offsetBefore,
      shiftedTo: Math.min(last + offsetBefore, start + offset),
    };
  }
}

function* instantsOf(cron: Cron, piece: Piece): Generator<DueInstant> {
  const shifted = localTimes(cron, piece.shiftedFrom, piece.shiftedTo);
  let pending = shifted.next();
  for (const local of localTimes(cron, piece.from, piece.to)) {
    const at = local - piece.offset;
    for (; !pending.done && pending.value - piece.offsetBefore <= at; pending = shifted.next()) {
      if (!coincides(cron, piece, pending.value)) yield shiftedInstant(piece, pending.value);
    }
    yield { at: new Date(at), dst: repetition(piece, local) };
  }
  for (; !pending.done; pending = shifted.next()) {
    if (!coincides(cron, piece, pending.value)) yield shiftedInstant(piece, pending.value);
  }
}

function shiftedInstant(piece: Piece, local: number): DueInstant {
  return { at: new Date(local - piece.offsetBefore), dst: 'shifted_by_gap' };
}

/** Whether a shifted time falls on an instant at which the schedule fires anyway: it fires once there, unshifted. */
function coincides(cron: Cron, piece: Piece, shiftedLocal: number): boolean {
  const local = shiftedLocal - piece.offsetBefore + piece.offset;
  return local >= piece.from && local < piece.to && isLocal(cron, local);
}

function repetition({ start, end, offsetBefore, offsetAfter }: Piece, local: number): DstNote | null {
  if (local < start + offsetBefore) return 'second_of_repeated';
  if (local >= end + offsetAfter) return 'first_of_repeated';
  return null;
}

/** The first due instant in (after, through]; null when there is none. */
export function firstDue(recurrence: Recurrence, after: Date, through: Date): Date | null {
  const cron = cronOf(recurrence.cron);
  for (const piece of pieces(cron, recurrence.timeZone, after.getTime() + 1, through.getTime() + 1)) {
    const own = firstLocal(cron, piece.from, piece.to);
    const shifted = firstLocal(cron, piece.shiftedFrom, piece.shiftedTo);
    const oldest = Math.min(
      own === null ? Number.POSITIVE_INFINITY : own - piece.offset,
      shifted === null ? Number.POSITIVE_INFINITY : shifted - piece.offsetBefore,
    );
    if (oldest < Number.POSITIVE_INFINITY) return new Date(oldest);
  }
  return null;
}
