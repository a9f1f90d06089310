/**
 * The clients of servers whose database fails over: callers that enqueue at a steady rate, subscribers that resume
 * by cursor, and a writer that measures when the database accepts commits again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { expect } from 'vitest';
import { enqueueOn } from './entries.ts';
import { type ServerProcess, until, within } from './process.ts';
import { subscribe } from './sse.ts';

/** An enqueue that a server acknowledged. */
interface Acknowledged {
  readonly entryId: string;
  readonly username: string;
  readonly node: number;
  /** In milliseconds, by the clock of this machine. */
  readonly at: number;
}

const CALLERS = 12;
/** Of one caller: 50 a second in all. */
const EVERY_MS = 240;

export interface Callers {
  readonly acknowledged: readonly Acknowledged[];
  /** The acknowledgements per second in `ms` milliseconds from an instant on. */
  rate(from: number, ms: number): number;
  /** Enqueues one again, under the same idempotency key. */
  repeat(one: Acknowledged): Promise<string>;
  stop(): Promise<void>;
}

/** Each caller repeats what was not acknowledged, under the same idempotency key and at the next node. */
export function startCallers(
  nodes: readonly ServerProcess[],
  family: { readonly familyId: string; readonly ownerId: string },
): Callers {
  const acknowledged: Acknowledged[] = [];
  let isOver = false;
  let count = 0;
  const enqueue = (node: number, username: string): Promise<string> => {
    const { familyId, ownerId: createdByUserId } = family;
    const input = { familyId, createdByUserId, username, idempotencyKey: username };
    return within(10_000, 'an answer', enqueueOn(nodes[node % nodes.length] as ServerProcess, input));
  };
  const call = async (caller: number): Promise<void> => {
    for (let next = performance.now(); !isOver; next = Math.max(next + EVERY_MS, performance.now() - EVERY_MS)) {
      await delay(next - performance.now());
      const username = `failover_${count++}`;
      let node = caller;
      const entryId = await until(
        `an acknowledgement of ${username}`,
        () => enqueue(node, username).catch(() => void node++),
        90_000,
      );
      acknowledged.push({ entryId, username, node: node % nodes.length, at: Date.now() });
    }
  };
  const calling = Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
  // `stop` rethrows the error.
  calling.catch(() => undefined);
  return {
    acknowledged,
    rate: (from, ms) => (acknowledged.filter(({ at }) => at >= from && at < from + ms).length * 1_000) / ms,
    repeat: ({ node, username }) => enqueue(node, username),
    async stop() {
      isOver = true;
      await calling;
    },
  };
}

interface Change {
  readonly cursor: string;
  readonly kind: string;
  readonly entryId: string;
  readonly queuedCreation: { readonly status: string } | null;
}

export interface Subscriber {
  readonly changes: readonly Change[];
  /** The errors that ended a stream or came with an event. */
  readonly errors: readonly string[];
  /** How often it resumed by its last cursor. */
  readonly resumed: () => number;
  stop(): Promise<void>;
}

/** Subscribes to the changes of entries. Resumes at the next node when a stream ends, and after each `hop` changes. */
export async function startSubscriber(
  nodes: readonly ServerProcess[],
  { first, hop = Number.POSITIVE_INFINITY }: { first: number; hop?: number },
): Promise<Subscriber> {
  const changes: Change[] = [];
  const errors: string[] = [];
  const over = new AbortController();
  const { data } = await (nodes[first] as ServerProcess).graphql<{ changeCursor: string }>('{ changeCursor }');
  let cursor = data.changeCursor;
  let opened = 0;

  const follow = async (node: ServerProcess): Promise<void> => {
    const query = `subscription { queuedCreationChanged(after: ${JSON.stringify(cursor)}) {
      cursor kind entryId queuedCreation { status } } }`;
    const stream = await subscribe(node, query);
    opened += 1;
    let taken = 0;
    const ended = stream.ended.then(() => true);
    const take = (): void => {
      for (const text of stream.events().slice(taken)) {
        taken += 1;
        const event = JSON.parse(text) as { data?: { queuedCreationChanged: Change | null }; errors?: object[] };
        if (event.errors !== undefined) errors.push(text);
        const change = event.data?.queuedCreationChanged;
        if (change === undefined || change === null) continue;
        changes.push(change);
        cursor = change.cursor;
        if (taken >= hop) return;
      }
    };
    while (!(await Promise.race([ended, delay(100, false)])) && taken < hop && !over.signal.aborted) take();
    if (taken < hop) take();
    stream.close();
    await stream.ended;
  };
  const following = (async () => {
    for (let node = first; !over.signal.aborted; node += 1) {
      // A node that cannot serve the stream now refuses it: the next one is tried.
      await follow(nodes[node % nodes.length] as ServerProcess).catch(() => delay(100));
    }
  })();
  return {
    changes,
    errors,
    resumed: () => opened - 1,
    async stop() {
      over.abort();
      await following;
    },
  };
}

/** When the first of these databases, each a URL, commits a row: in milliseconds by the clock of this machine. */
async function firstCommit(urls: readonly string[]): Promise<number> {
  let isOver = false;
  const write = async (connectionString: string): Promise<number> => {
    while (!isOver) {
      const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1_000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query('INSERT INTO public.probes DEFAULT VALUES');
        return Date.now();
      } catch {
        await delay(25);
      } finally {
        void client.end().catch(() => undefined);
      }
    }
    throw new Error('Another database was first.');
  };
  return Promise.any(urls.map(write)).finally(() => {
    isOver = true;
  });
}

const MEASURED_MS = 4_000;
const WINDOW_MS = 1_000;

/**
 * Fails over by `disturb` to one of `others`, and waits until each of `nodes` acknowledges again, as much as before.
 * Returns how long that took, counted from when the database accepted commits again.
 */
export async function measureFailover(
  callers: Callers,
  nodes: number,
  others: readonly { readonly url: string }[],
  disturb: () => Promise<void>,
): Promise<Record<string, number | undefined>> {
  const from = Date.now();
  const isMeasured = () => Date.now() > from + MEASURED_MS && callers.rate(from, Date.now() - from) > 0;
  await until('entries to flow', isMeasured);
  const before = callers.rate(from, Date.now() - from);
  const disturbedAt = Date.now();
  const committing = firstCommit(others.map(({ url }) => url));
  await disturb();
  const takesWritesAt = await committing;
  const after = () => callers.acknowledged.filter(({ at }) => at >= takesWritesAt);
  await until('every node to acknowledge again', () => new Set(after().map((one) => one.node)).size === nodes);
  // On a busy machine the rate changes without any failover: half of it shows that nothing is stuck.
  const reached = (share: number): number | undefined => {
    for (let at = takesWritesAt; at + WINDOW_MS < Date.now(); at += 100)
      if (callers.rate(at, WINDOW_MS) >= share * before) return at - takesWritesAt;
    return undefined;
  };
  await until('half of the rate of before', () => reached(0.5) !== undefined, 90_000);
  await until('the rest of it', () => reached(0.9) !== undefined, 5_000).catch(() => undefined);
  const first = after()[0]?.at ?? Number.NaN;
  return {
    perSecond: before,
    databaseAwayMs: takesWritesAt - disturbedAt,
    firstAcknowledgedAfterMs: first - takesWritesAt,
    halfSpeedAfterMs: reached(0.5),
    fullSpeedAfterMs: reached(0.9),
  };
}

/** Compares two lists without their order; shows only some of what differs. */
export function expectSame(found: readonly string[], expected: readonly string[]): void {
  const without = (from: readonly string[], other: readonly string[]): string[] => {
    const counts = new Map<string, number>();
    for (const one of other) counts.set(one, (counts.get(one) ?? 0) + 1);
    return from.filter((one) => {
      const left = counts.get(one) ?? 0;
      counts.set(one, left - 1);
      return left <= 0;
    });
  };
  const difference = { lost: without(expected, found).slice(0, 5), extra: without(found, expected).slice(0, 5) };
  expect(difference).toEqual({ lost: [], extra: [] });
}
