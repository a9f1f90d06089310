/**
 * Notices between nodes: "there is work", "this entry changed". They are hints, not facts: one
 * that is lost costs a minute at most (the retry job is the safety net), and whoever hears one
 * reads the row. They are gathered for a few milliseconds and sent together, because a NOTIFY
 * in each transaction halves the database's commit rate.
 */

import type { Database } from '../database/database.ts';
import { type Listener, startListener } from '../database/listener.ts';
import type { Logger } from '../telemetry/logger.ts';

export const NOTICE_CHANNEL = 'family_hub_jobs';
const GATHER_MS = 3;
/** NOTIFY takes 8,000 bytes; an id in JSON has 39. */
const IDS_PER_PAYLOAD = 150;

export type ChangeKind = 'CREATED' | 'UPDATED' | 'REMOVED';

export interface Change {
  readonly kind: ChangeKind;
  readonly id: string;
  readonly at: Date;
}

export interface NoticeHandlers {
  /** Entries may be due. */
  work?(): void;
  entries?(changes: readonly Change[]): void;
  runs?(changes: readonly Change[]): void;
  circuit?(): void;
  schedules?(): void;
  /** Somebody asked a node to drain. */
  nodes?(): void;
  /** The key ring changed. */
  keys?(): void;
  /** A token was revoked, or a session ended. */
  access?(): void;
}

export interface Notices {
  readonly road: Listener['road'];
  /** Wakes the workers: this node's at once, the others' by a notice. */
  workToDo(): void;
  entriesChanged(kind: ChangeKind, ids: readonly string[]): void;
  runChanged(kind: ChangeKind, id: string): void;
  circuitChanged(): void;
  schedulesChanged(): void;
  nodesChanged(): void;
  keysChanged(): void;
  accessChanged(): void;
  /** Hears notices of all nodes, this one's too. Returns how to stop. */
  on(handlers: NoticeHandlers): () => void;
  close(): Promise<void>;
}

/** One notice as it travels; the trigger on hand-written inserts writes the same form. */
interface Payload {
  work?: boolean;
  circuit?: boolean;
  schedules?: boolean;
  nodes?: boolean;
  keys?: boolean;
  access?: boolean;
  created?: string[];
  updated?: string[];
  removed?: string[];
  runs?: [ChangeKind, string][];
  at?: number;
}

export interface NoticesOptions {
  readonly db: Database;
  readonly directUrl: string | undefined;
  readonly logger: Logger;
}

export async function openNotices({ db, directUrl, logger }: NoticesOptions): Promise<Notices> {
  const listeners = new Set<NoticeHandlers>();
  const tell = (what: (handlers: NoticeHandlers) => void): void => {
    for (const handlers of listeners) {
      try {
        what(handlers);
      } catch (error) {
        logger.error({ err: error }, 'A notice could not be handled');
      }
    }
  };
  const everything = (): void =>
    tell((handlers) => {
      handlers.work?.();
      // A poll misses no notice; it is only to look for rows that somebody inserted by hand.
      if (directUrl === undefined) return;
      handlers.circuit?.();
      handlers.schedules?.();
      handlers.nodes?.();
      handlers.keys?.();
      handlers.access?.();
    });
  const listener = await startListener({
    db,
    directUrl,
    channel: NOTICE_CHANNEL,
    logger,
    onPayload: (text) => deliver(text, tell, logger),
    onGap: everything,
  });

  const flags = new Set<'work' | 'circuit' | 'schedules' | 'nodes' | 'keys' | 'access'>();
  let changed: Record<ChangeKind, Set<string>> = { CREATED: new Set(), UPDATED: new Set(), REMOVED: new Set() };
  let runs = new Map<string, ChangeKind>();
  let timer: NodeJS.Timeout | undefined;
  let isGathering = false;
  let sentAt = Number.NEGATIVE_INFINITY;
  let sending: Promise<void> = Promise.resolve();

  const flush = (): void => {
    isGathering = false;
    sentAt = performance.now();
    const payloads = payloadsOf(flags, changed, runs);
    flags.clear();
    changed = { CREATED: new Set(), UPDATED: new Set(), REMOVED: new Set() };
    runs = new Map();
    sending = sending.then(async () => {
      for (const payload of payloads) {
        await listener
          .send(JSON.stringify(payload))
          .catch((error: unknown) => logger.debug({ err: error }, 'A notice was not sent'));
      }
    });
  };
  // The first after a silence goes at once: another node attempts a lone entry as soon as this one would.
  const schedule = (): void => {
    if (isGathering) return;
    isGathering = true;
    const wait = sentAt + GATHER_MS - performance.now();
    if (wait > 0) timer = setTimeout(flush, wait);
    else queueMicrotask(flush);
  };

  return {
    road: listener.road,
    workToDo() {
      tell((handlers) => handlers.work?.());
      flags.add('work');
      schedule();
    },
    entriesChanged(kind, ids) {
      for (const id of ids) changed[kind].add(id);
      if (ids.length > 0) schedule();
    },
    runChanged(kind, id) {
      if (runs.get(id) !== 'CREATED') runs.set(id, kind);
      schedule();
    },
    circuitChanged() {
      tell((handlers) => handlers.circuit?.());
      flags.add('circuit');
      schedule();
    },
    schedulesChanged() {
      flags.add('schedules');
      schedule();
    },
    nodesChanged() {
      flags.add('nodes');
      schedule();
    },
    keysChanged() {
      flags.add('keys');
      schedule();
    },
    accessChanged() {
      tell((handlers) => handlers.access?.());
      flags.add('access');
      schedule();
    },
    on(handlers) {
      listeners.add(handlers);
      return () => listeners.delete(handlers);
    },
    async close() {
      clearTimeout(timer);
      flush();
      await sending;
      await listener.close();
    },
  };
}

function payloadsOf(
  flags: ReadonlySet<string>,
  changed: Record<ChangeKind, Set<string>>,
  runs: ReadonlyMap<string, ChangeKind>,
): Payload[] {
  const at = Date.now();
  const payloads: Payload[] = [];
  const slices = <T>(items: T[], into: (slice: T[]) => Payload): void => {
    for (let from = 0; from < items.length; from += IDS_PER_PAYLOAD)
      payloads.push({ ...into(items.slice(from, from + IDS_PER_PAYLOAD)), at });
  };
  slices([...changed.CREATED], (created) => ({ created }));
  slices([...changed.UPDATED], (updated) => ({ updated }));
  slices([...changed.REMOVED], (removed) => ({ removed }));
  slices(
    [...runs].map(([id, kind]): [ChangeKind, string] => [kind, id]),
    (some) => ({ runs: some }),
  );
  if (flags.size > 0) {
    const first = payloads.shift() ?? { at };
    payloads.unshift({ ...first, ...Object.fromEntries([...flags].map((flag) => [flag, true])) });
  }
  return payloads;
}

function deliver(text: string, tell: (what: (handlers: NoticeHandlers) => void) => void, logger: Logger): void {
  let payload: Payload;
  try {
    payload = JSON.parse(text) as Payload;
  } catch {
    logger.debug('A notice was not understood');
    return;
  }
  const at = new Date(payload.at ?? Date.now());
  const changes = (kind: ChangeKind, ids: readonly string[] = []): Change[] => ids.map((id) => ({ kind, id, at }));
  const entries = [
    ...changes('CREATED', payload.created),
    ...changes('UPDATED', payload.updated),
    ...changes('REMOVED', payload.removed),
  ];
  const runs = (payload.runs ?? []).map(([kind, id]) => ({ kind, id, at }));
  tell((handlers) => {
    if (payload.work) handlers.work?.();
    if (payload.circuit) handlers.circuit?.();
    if (payload.schedules) handlers.schedules?.();
    if (payload.nodes) handlers.nodes?.();
    if (payload.keys) handlers.keys?.();
    if (payload.access) handlers.access?.();
    if (entries.length > 0) handlers.entries?.(entries);
    if (runs.length > 0) handlers.runs?.(runs);
  });
}
