/**
 * Changes on their way to subscribers. The changes of one page share their queries: an object that
 * several subscribers select in the same way is loaded once, so that the number of queries does not
 * grow with the number of subscribers.
 */
import type { Queryable } from '../../database/database.ts';
import type { ChangeTopic } from '../../database/generated/prisma/enums.ts';
import type { ChangeRow } from './change-rows.ts';
import { encodeCursor, type Position } from './cursor.rules.ts';

export interface ChangeEvent extends ChangeRow {
  /** The cursor to pass as `after` to continue behind this change. */
  readonly cursor: string;
  readonly together: ChangesTogether;
}

/** Whether an event is about a topic; the API resolves the type of a `Change` by it. */
export const isAbout =
  (topic: ChangeTopic) =>
  (event: unknown): boolean =>
    (event as ChangeEvent).topic === topic;

/** Returns the rows of some keys, by key, without those that no longer exist. */
export type LoadRows<Row> = (keys: readonly string[], reading: Queryable) => Promise<ReadonlyMap<string, Row>>;

/** How many objects one query loads at most. */
const OBJECTS_AT_ONCE = 100;

export interface ChangesTogether {
  /** Where the page begins: everything before it has been sent. */
  readonly from: Position;
  readonly events: readonly ChangeEvent[];
  /** Returns the rows of all changes of a topic; each `load` is called once. */
  rowsOf<Row>(topic: ChangeTopic, load: LoadRows<Row>): Promise<ReadonlyMap<string, Row>>;
  /** Notes events that will be sent to a subscriber, so that their objects can be loaded together. */
  want(events: readonly ChangeEvent[]): void;
  /**
   * Returns the object of a key, with the fields of one `question` (a selection); undefined when it no
   * longer exists. It is loaded together with those of other wanted changes, once for all equal selections.
   */
  objectOf<Row>(topic: ChangeTopic, question: string, key: string, load: LoadRows<Row>): Promise<Row | undefined>;
}

/** Creates the events of a page of rows, in their order; `reading` loads their objects. */
export function tellTogether(
  reading: Queryable,
  epoch: string,
  from: Position,
  rows: readonly ChangeRow[],
): ChangesTogether {
  const rowsByLoad = new Map<unknown, Promise<ReadonlyMap<string, unknown>>>();
  const wanted = new Map<ChangeTopic, Set<string>>();
  const asked = new Map<string, Asked>();
  const together: ChangesTogether = {
    from,
    get events() {
      return events;
    },
    rowsOf<Row>(topic: ChangeTopic, load: LoadRows<Row>) {
      let loaded = rowsByLoad.get(load) as Promise<ReadonlyMap<string, Row>> | undefined;
      if (loaded === undefined) {
        loaded = load([...new Set(events.filter((event) => event.topic === topic).map(({ key }) => key))], reading);
        rowsByLoad.set(load, loaded);
        // A load that failed can be repeated.
        loaded.catch(() => rowsByLoad.delete(load));
      }
      return loaded;
    },
    want(some) {
      for (const { topic, key } of some) wantedOf(topic).add(key);
    },
    async objectOf<Row>(topic: ChangeTopic, question: string, key: string, load: LoadRows<Row>) {
      const name = `${topic} ${question}`;
      let ask = asked.get(name);
      if (ask === undefined) {
        ask = { answers: new Map(), others: wantedOf(topic).values() };
        asked.set(name, ask);
      }
      if (!ask.answers.has(key)) {
        const keys = [key, ...nextUnasked(ask, key)];
        const answer = load(keys, reading);
        for (const one of keys) ask.answers.set(one, answer);
        const { answers } = ask;
        answer.catch(() => keys.forEach((one) => void answers.delete(one)));
      }
      return (await ask.answers.get(key))?.get(key) as Row | undefined;
    },
  };
  const wantedOf = (topic: ChangeTopic): Set<string> => {
    const keys = wanted.get(topic) ?? new Set();
    wanted.set(topic, keys);
    return keys;
  };
  const events = rows.map((row): ChangeEvent => ({ ...row, cursor: encodeCursor(epoch, row.position), together }));
  return together;
}

interface Asked {
  readonly answers: Map<string, Promise<ReadonlyMap<string, unknown>>>;
  /** The wanted keys that were not visited yet; keys that are added later follow. */
  readonly others: Iterator<string>;
}

function nextUnasked({ answers, others }: Asked, key: string): string[] {
  const keys: string[] = [];
  while (keys.length < OBJECTS_AT_ONCE - 1) {
    const next = others.next();
    if (next.done === true) break;
    if (next.value !== key && !answers.has(next.value)) keys.push(next.value);
  }
  return keys;
}
