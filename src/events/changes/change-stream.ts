/**
 * What one subscriber gets: first what it missed, page by page as it takes it, then what the feed
 * tells. One that does not keep up is not waited for and not fed: its queue is dropped, and it
 * catches up from the record at its own pace, so that it never holds more than a page. So does one
 * for whom something could not be read, once the database is back.
 */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangeTopic } from '../../database/generated/prisma/enums.ts';
import { isPassing, type Patience } from '../../database/recovery.ts';
import type { Caller } from '../../work/caller.ts';
import type { Services } from '../../work/context.ts';
import type { ChangeEvent, ChangesTogether, LoadRows } from './change-events.ts';
import { comparePositions, type Position } from './cursor.rules.ts';

/** So many told changes may wait for one subscriber: two pages. */
const MOST_WAITING = 4_000;
/** One who catches up joins the others with so many at the most, or it would be dropped again at once. */
const MOST_AT_JOINING = 500;
const JOIN_AGAIN_MS = 10;
/** After so many changes without a pause others have their turn: a flood must not hold up what else the node does. */
const MOST_IN_A_ROW = 10;

/** What somebody listens for. */
export interface Interest<Row> {
  readonly topic: ChangeTopic;
  /** The objects, where `keep` looks at them; the same function for all who ask the same. */
  readonly load?: LoadRows<Row>;
  /** Whether a change is wanted. `row` is its object as it is now; undefined when it is gone. */
  keep?(change: ChangeEvent, row: Row | undefined): boolean;
}

/** What a caller who names nothing in particular hears of a topic: all that it may see. */
export type InterestOf = (caller: Caller, services: Services) => Interest<unknown>;

export interface Listener {
  tell(together: ChangesTogether): Promise<void>;
  /** Ends the stream with an error. */
  fail(error: unknown): void;
}

export interface ToldPage {
  readonly together: ChangesTogether;
  readonly end: Position;
  readonly isFull: boolean;
}

export interface ChangeStreamOptions {
  /** At most one for each topic. */
  readonly interests: readonly Interest<unknown>[];
  readonly from: Position;
  /** What was changed after a place, the same for all who ask for the same one; and where the next page begins. */
  page(from: Position): Promise<ToldPage>;
  /** Joins those who are told what is new; false when the feed is further on already. */
  attach(listener: Listener, reached: Position): boolean;
  detach(listener: Listener): void;
  patience(): Patience;
}

/**
 * An endless sequence of changes. It fails once at most, and is over then; while the database is away
 * it waits. Not a generator: that would hear of a subscriber's leaving only at the next change.
 */
export function createChangeStream({
  interests,
  from,
  page,
  attach,
  detach,
  patience,
}: ChangeStreamOptions): AsyncIterableIterator<ChangeEvent> {
  let waiting: ChangeEvent[] = [];
  /** Up to where everything is in `waiting`, or was taken, or was not wanted. */
  let reached = from;
  /** Everything up to here was taken, or not wanted. */
  let taken = from;
  let isCatchingUp = true;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let wakeUp: (() => void) | undefined;
  let inARow = 0;
  let trying: Patience | undefined;

  const wanted = async (together: ChangesTogether): Promise<ChangeEvent[]> => {
    const chosen = await Promise.all(interests.map((interest) => chosenOf(together, interest)));
    const isChosen = new Set(chosen.flat());
    // Of several topics: in the order of the record again.
    const events = chosen.length === 1 ? (chosen[0] ?? []) : together.events.filter((event) => isChosen.has(event));
    together.want(events);
    return events;
  };
  const finish = (): void => {
    isOver = true;
    waiting = [];
    detach(listener);
    wakeUp?.();
  };
  const listener: Listener = {
    async tell(together) {
      const events = await wanted(together).catch((error: unknown) => {
        if (!isPassing(error)) listener.fail(error);
        return undefined;
      });
      if (isOver || isCatchingUp) return;
      if (events === undefined) return fallBehind(together.from);
      if (waiting.length === 0 && comparePositions(together.from, taken) > 0) taken = together.from;
      for (const event of events) if (comparePositions(event.position, reached) > 0) waiting.push(event);
      if (waiting.length > MOST_WAITING) {
        waiting = [];
        return fallBehind(taken);
      }
      wakeUp?.();
    },
    fail(error) {
      failure = { error };
      finish();
    },
  };
  /** Everything after a place is read from the record, when what waits is taken. */
  const fallBehind = (place: Position): void => {
    reached = place;
    isCatchingUp = true;
    detach(listener);
    wakeUp?.();
  };
  const catchUp = async (): Promise<void> => {
    const { together, end, isFull } = await page(reached);
    waiting = (await wanted(together)).filter((event) => comparePositions(event.position, reached) > 0);
    if (isOver) return;
    if (waiting.length === 0) taken = end;
    reached = end;
    if (isFull || waiting.length > MOST_AT_JOINING) return;
    if (attach(listener, reached)) isCatchingUp = false;
    // The others are further on by what is just being read.
    else if (waiting.length === 0) await delay(JOIN_AGAIN_MS, undefined, { ref: false });
  };

  return {
    async next() {
      while (!isOver) {
        const event = waiting.shift();
        if (event !== undefined) {
          taken = event.position;
          if (++inARow % MOST_IN_A_ROW === 0) await nextTurn();
          return { done: false, value: event };
        }
        if (isCatchingUp) {
          trying ??= patience();
          const trouble = await catchUp().then(
            () => undefined,
            (error: unknown) => ({ error }),
          );
          if (trouble === undefined) trying = undefined;
          else if (!(await trying(trouble.error))) listener.fail(trouble.error);
        } else {
          await new Promise<void>((resolve) => {
            wakeUp = resolve;
          });
        }
      }
      const last = failure;
      failure = undefined;
      if (last !== undefined) throw last.error;
      return { done: true, value: undefined };
    },
    async return() {
      finish();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The changes of one topic that somebody wants. */
async function chosenOf<Row>(together: ChangesTogether, interest: Interest<Row>): Promise<ChangeEvent[]> {
  const { topic, load } = interest;
  const events = together.events.filter((event) => event.topic === topic);
  if (events.length === 0 || interest.keep === undefined) return events;
  const rows = load === undefined ? undefined : await together.rowsOf(topic, load);
  return events.filter((event) => interest.keep?.(event, rows?.get(event.key)));
}

const interests = new Map<ChangeTopic, InterestOf>();

/** Says it for a topic; once, where the topic's own subscription is declared. */
export function registerInterest(topic: ChangeTopic, interestOf: InterestOf): void {
  interests.set(topic, interestOf);
}

/** Throws for a topic whose subscription was not loaded. */
export function interestIn(topic: ChangeTopic): InterestOf {
  const interestOf = interests.get(topic);
  if (interestOf === undefined) throw new Error(`No subscription says what is heard of "${topic}".`);
  return interestOf;
}
