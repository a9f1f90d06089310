/**
 * Changes on their way to subscribers. Those that were read together stay together: what their
 * objects look like is asked for once for all subscribers that ask the same, so that the number
 * of questions does not grow with the number of listeners.
 */
import type { Queryable } from '../../database/database.ts';
import type { ChangeTopic } from '../../database/generated/prisma/enums.ts';
import type { ChangeRow } from './change-rows.ts';
import { encodeCursor, type Position } from './cursor.rules.ts';

export interface ChangeEvent extends ChangeRow {
  /** The place behind it, for `after`. */
  readonly cursor: string;
  readonly together: ChangesTogether;
}

/** Whether an event is about a topic: how the API tells what type an event of several topics has. */
export const isAbout =
  (topic: ChangeTopic) =>
  (event: unknown): boolean =>
    (event as ChangeEvent).topic === topic;

/** Answers the rows of some keys, by key; those that are gone are left out. */
export type LoadRows<Row> = (keys: readonly string[], reading: Queryable) => Promise<ReadonlyMap<string, Row>>;

/** So many objects are asked for in one question. */
const OBJECTS_AT_ONCE = 100;

export interface ChangesTogether {
  /** Where the page begins: everything before it has been told. */
  readonly from: Position;
  readonly events: readonly ChangeEvent[];
  /** The rows of all changes of a topic; loaded once for each `load`. */
  rowsOf<Row>(topic: ChangeTopic, load: LoadRows<Row>): Promise<ReadonlyMap<string, Row>>;
  /** Some subscriber will be sent these, and so may ask for their objects. */
  want(events: readonly ChangeEvent[]): void;
  /**
   * The object of a key as one `question` (a selection) asks for it; undefined when it is gone.
   * Asked for together with those of other wanted changes, and once for all who ask the same.
   */
  objectOf<Row>(topic: ChangeTopic, question: string, key: string, load: LoadRows<Row>): Promise<Row | undefined>;
}

/** Makes events of a page of rows, in their order; their objects are read by `reading`. */
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
        // What failed may be asked again.
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
  /** Of the wanted keys, those that were not looked at yet; it goes on with what is added later. */
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
