/**
 * Compares two schedules, and one of them with the other jobs' schedules: which instants vanish, appear or
 * coincide. A month of seconds is 2.6 million instants, so days that must be identical (same offsets, same
 * matching days) are computed once and their counts reused.
 */
import { cronOf } from '../calendar/cron.rules.ts';
import { countDue, dueInstants, firstDue, nextDue, previousDue, type Recurrence } from '../calendar/due.rules.ts';
import { stretches } from '../calendar/time-zone.rules.ts';

export interface NamedRecurrence extends Recurrence {
  readonly name: string;
}

export interface Collision {
  readonly at: Date;
  /** The other jobs, by name. */
  readonly jobNames: readonly string[];
}

export interface Comparison {
  readonly appearing: readonly Date[];
  readonly appearingCount: number;
  readonly vanishing: readonly Date[];
  readonly vanishingCount: number;
  readonly collisions: readonly Collision[];
  readonly collisionCount: number;
}

export interface ComparisonInput {
  readonly planned: Recurrence;
  /** Null: there is no current schedule, so nothing appears or vanishes. */
  readonly inForce: Recurrence | null;
  readonly others: readonly NamedRecurrence[];
  /** (after, through] */
  readonly after: Date;
  readonly through: Date;
  /** How many of each kind are listed; all are counted. */
  readonly limit?: number;
}

const DAY = 86_400_000;
/** A few milliseconds of work. */
const STEPS_AT_A_STRETCH = 10_000;

/** Compares day by day. Yields regularly so that other work can run: a day of seconds takes a while. */
export function* comparing(input: ComparisonInput): Generator<void, Comparison> {
  const { after, through, limit = 100 } = input;
  const lists = { appearing: [] as Date[], vanishing: [] as Date[], collisions: [] as Collision[] };
  const counts = { appearing: 0, vanishing: 0, collisions: 0 };
  const alike = new Map<string, Counts>();
  for (const part of days(after.getTime(), through.getTime())) {
    const key = part.isWhole ? likeness(input, part.after + 1) : null;
    const known = key === null ? undefined : alike.get(key);
    const isKnown = known !== undefined && KINDS.every((kind) => known[kind] === 0 || lists[kind].length >= limit);
    const counted = isKnown ? known : yield* walk(input, part, lists, limit);
    if (key !== null) alike.set(key, counted);
    for (const kind of KINDS) counts[kind] += counted[kind];
  }
  const { appearing, vanishing, collisions } = lists;
  return {
    appearing,
    appearingCount: counts.appearing,
    vanishing,
    vanishingCount: counts.vanishing,
    collisions,
    collisionCount: counts.collisions,
  };
}

const KINDS = ['appearing', 'vanishing', 'collisions'] as const;
type Counts = Readonly<Record<(typeof KINDS)[number], number>>;

interface Part {
  /** (after, through] in epoch milliseconds. */
  readonly after: number;
  readonly through: number;
  readonly isWhole: boolean;
}

/** The UTC days of a span; the first and the last may be partial. */
function* days(after: number, through: number): Generator<Part> {
  for (let day = Math.floor((after + 1) / DAY) * DAY; day <= through; day += DAY) {
    const part = { after: Math.max(after, day - 1), through: Math.min(through, day + DAY - 1) };
    yield { ...part, isWhole: part.through - part.after === DAY };
  }
}

/** A key: days with the same key have the same instants, shifted by whole days. Null near a clock change. */
function likeness({ planned, inForce, others }: ComparisonInput, day: number): string | null {
  const marks: string[] = [];
  for (const { cron, timeZone } of [planned, ...(inForce ? [inForce] : []), ...others]) {
    const [stretch, other] = stretches(timeZone, day, day + DAY);
    // No clock was ever moved by more than a day, so the effect of a change ends within a day.
    if (stretch === undefined || other !== undefined || stretch.start > day - DAY) return null;
    const { matchesDay } = cronOf(cron);
    const firstLocal = Math.floor((day + stretch.offset) / DAY) * DAY;
    const isMatching = [firstLocal, firstLocal + DAY].map((local) => (matchesDay(local) ? '1' : '0'));
    marks.push(`${stretch.offset} ${isMatching.join('')}`);
  }
  return marks.join();
}

function* walk(
  { planned, inForce, others }: ComparisonInput,
  part: Part,
  lists: { appearing: Date[]; vanishing: Date[]; collisions: Collision[] },
  limit: number,
): Generator<void, Counts> {
  const counts = { appearing: 0, vanishing: 0, collisions: 0 };
  const note = <T>(kind: (typeof KINDS)[number], list: T[], item: () => T) => {
    counts[kind]++;
    if (list.length < limit) list.push(item());
  };
  const plan = cursorOf(planned, part);
  const force = inForce === null ? null : cursorOf(inForce, part);
  const rest = others.map((other) => ({ name: other.name, cursor: cursorOf(other, part) }));
  for (let step = 1; ; step++) {
    if (step % STEPS_AT_A_STRETCH === 0) yield;
    // The other jobs matter only where the planned schedule fires.
    const at = Math.min(plan.at, force?.at ?? Number.POSITIVE_INFINITY);
    if (at === Number.POSITIVE_INFINITY) return counts;
    const isPlanned = plan.at === at;
    if (force !== null && isPlanned && force.at !== at) note('appearing', lists.appearing, () => new Date(at));
    if (force !== null && !isPlanned) note('vanishing', lists.vanishing, () => new Date(at));
    if (isPlanned) {
      for (const { cursor } of rest) while (cursor.at < at) cursor.advance();
      const isCollision = rest.some(({ cursor }) => cursor.at === at);
      if (isCollision) {
        note('collisions', lists.collisions, () => ({
          at: new Date(at),
          jobNames: rest.filter(({ cursor }) => cursor.at === at).map(({ name }) => name),
        }));
      }
      plan.advance();
    }
    if (force !== null && force.at === at) force.advance();
  }
}

function cursorOf(recurrence: Recurrence, { after, through }: Part) {
  const instants = dueInstants(recurrence, new Date(after), new Date(through));
  const cursor = {
    at: 0,
    advance() {
      const next = instants.next();
      cursor.at = next.done ? Number.POSITIVE_INFINITY : next.value.at.getTime();
    },
  };
  cursor.advance();
  return cursor;
}

export interface Intervals {
  /** Milliseconds; null when it fires at most once more. */
  readonly shortest: number | null;
  readonly average: number | null;
  /** The number of fires within the next 366 days. */
  readonly countInYear: number;
}

const YEAR = 366 * 86_400_000;
/** More than a day of seconds, so that every interval within a day and across midnight is included. */
const MOST_WALKED = 100_000;
/** For schedules that fire less than twice a year. */
const FEW = 10;

/**
 * Over the next 366 days; `shortest` among the first 100,000 fires. With fewer than two
 * fires in that time, over the next 10 fires.
 */
export function intervalsOf(recurrence: Recurrence, after: Date): Intervals {
  const through = new Date(after.getTime() + YEAR);
  const countInYear = countDue(recurrence, after, through);
  const first = firstDue(recurrence, after, through);
  const last = previousDue(recurrence, new Date(through.getTime() + 1), new Date(after.getTime() + 1));
  if (countInYear < 2 || first === null || last === null) {
    const few = nextDue(recurrence, after, FEW).map(({ at }) => at.getTime());
    return { ...ofList(few), countInYear };
  }
  const average = (last.getTime() - first.getTime()) / (countInYear - 1);
  const walked = nextDue(recurrence, after, Math.min(countInYear, MOST_WALKED)).map(({ at }) => at.getTime());
  return { shortest: ofList(walked).shortest, average, countInYear };
}

function ofList(instants: readonly number[]): Pick<Intervals, 'shortest' | 'average'> {
  const [first, second] = instants;
  const last = instants.at(-1);
  if (first === undefined || second === undefined || last === undefined) return { shortest: null, average: null };
  let shortest = Number.POSITIVE_INFINITY;
  for (let index = 1; index < instants.length; index++) {
    shortest = Math.min(shortest, (instants[index] ?? last) - (instants[index - 1] ?? first));
  }
  return { shortest, average: (last - first) / (instants.length - 1) };
}
