/**
 * The stream of one subscriber: first the changes that it missed, page by page as it consumes them, then
 * those that the feed publishes. The feed does not wait for a slow subscriber: its queue is dropped, and it
 * catches up from the change log at its own pace, so that it never holds more than a page. A subscriber for
 * which a query failed does the same once the database is back.
 */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangeTopic } from '../../database/generated/prisma/enums.ts';
import { isPassing, type Patience } from '../../database/recovery.ts';
import type { Caller } from '../../work/caller.ts';
import type { Services } from '../../work/context.ts';
import type { ChangeEvent, ChangesTogether, LoadRows } from './change-events.ts';
import { comparePositions, type Position } from './cursor.rules.ts';

/** How many published changes may wait for one subscriber: two pages. */
const MOST_WAITING = 4_000;
/** A subscriber joins the live feed with at most this many waiting; with more it would soon be dropped again. */
const MOST_AT_JOINING = 500;
const JOIN_AGAIN_MS = 10;
/** After this many changes in a row the event loop runs other work: a flood must not block the node. */
const MOST_IN_A_ROW = 10;

/** What a subscriber wants of one topic. */
export interface Interest<Row> {
  readonly topic: ChangeTopic;
  /** Loads the objects that `keep` checks; the same function for all equal subscribers, so that it runs once. */
  readonly load?: LoadRows<Row>;
  /** Whether a change is wanted. `row` is its object as it is now; undefined when it no longer exists. */
  keep?(change: ChangeEvent, row: Row | undefined): boolean;
}

/** Returns what a caller without a filter receives of a topic: all that it may see. */
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
  /** Returns the changes after a position, shared by all who ask for the same one, and where the next page begins. */
  page(from: Position): Promise<ToldPage>;
  /** Joins the live feed at the position `reached`; returns false when the feed is already further on. */
  attach(listener: Listener, reached: Position): boolean;
  detach(listener: Listener): void;
  patience(): Patience;
}

/**
 * Creates an endless sequence of changes. It throws at most once, and then ends; while the database is
 * unreachable it waits. It is not a generator: that would notice only at the next change that the
 * subscriber has left.
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
  /** Every change up to here is in `waiting`, was consumed, or was not wanted. */
  let reached = from;
  /** Every change up to here was consumed, or was not wanted. */
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
    // The changes of several topics go back into the order of the change log.
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
  /** Leaves the live feed; once `waiting` is consumed, the changes after `place` are read from the change log. */
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
    // The live feed is ahead by a page that it is reading now.
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

/** The changes of one topic that the subscriber wants. */
async function chosenOf<Row>(together: ChangesTogether, interest: Interest<Row>): Promise<ChangeEvent[]> {
  const { topic, load } = interest;
  const events = together.events.filter((event) => event.topic === topic);
  if (events.length === 0 || interest.keep === undefined) return events;
  const rows = load === undefined ? undefined : await together.rowsOf(topic, load);
  return events.filter((event) => interest.keep?.(event, rows?.get(event.key)));
}

const interests = new Map<ChangeTopic, InterestOf>();

/** Registers what callers receive of a topic. Call it once, where the topic's own subscription is declared. */
export function registerInterest(topic: ChangeTopic, interestOf: InterestOf): void {
  interests.set(topic, interestOf);
}

/** Returns what was registered for a topic. Throws if its subscription was not loaded. */
export function interestIn(topic: ChangeTopic): InterestOf {
  const interestOf = interests.get(topic);
  if (interestOf === undefined) throw new Error(`No subscription says what is heard of "${topic}".`);
  return interestOf;
}
