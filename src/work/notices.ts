/**
 * Notices between nodes: "there is work", "something changed". They are hints: a lost one delays work by a
 * minute at most (the retry job is the safety net), and a node that receives one reads the rows. They are
 * batched for a few milliseconds, because a NOTIFY in each transaction halves the database’s commit rate.
 */

import type { Database } from '../database/database.ts';
import { type Listener, startListener } from '../database/listener.ts';
import type { Logger } from '../telemetry/logger.ts';

export const NOTICE_CHANNEL = 'family_hub_jobs';
const GATHER_MS = 3;

/**
 * Every notice. `isAtOnce`: this node handles its own notice immediately instead of when it comes back from
 * the database.
 */
const NOTICES = {
  /** Entries may be due. */
  work: { isAtOnce: true },
  /** The change feed has new rows. */
  changes: { isAtOnce: true },
  circuit: { isAtOnce: true },
  /** A pause or a limit of the queue was set or removed. */
  queue: { isAtOnce: true },
  /** A bulk action was applied, or is to be undone. */
  bulk: { isAtOnce: true },
  /** A re-encryption was started. */
  resealing: { isAtOnce: true },
  schedules: { isAtOnce: false },
  /** An operator asked a node to drain. */
  nodes: { isAtOnce: false },
  /** The key ring changed. */
  keys: { isAtOnce: false },
  /** A token was revoked, or a session ended. */
  access: { isAtOnce: true },
  /** Events were written to the outbox. */
  outbox: { isAtOnce: true },
  /** A webhook changed, or has something to deliver. */
  webhooks: { isAtOnce: true },
} as const;

export type Notice = keyof typeof NOTICES;
const ALL = Object.keys(NOTICES) as Notice[];
/** Where notices are polled from a table, a poll misses none of them; only rows changed by hand must be checked for. */
const BY_HAND: readonly Notice[] = ['work', 'changes'];

/** The payload of NOTIFY; the triggers on tables that may be changed by hand write the same form. */
type Payload = { [notice in Notice]?: boolean };
export type NoticeHandlers = { readonly [notice in Notice]?: () => void };

export interface Notices {
  readonly road: Listener['road'];
  /** Sends notices to all nodes. Call it after the commit of the change. */
  notify(...notices: readonly Notice[]): void;
  /** Subscribes to the notices of all nodes, including this one. Returns the function that unsubscribes. */
  on(handlers: NoticeHandlers): () => void;
  close(): Promise<void>;
}

export interface NoticesOptions {
  readonly db: Database;
  readonly directUrl: string | undefined;
  readonly logger: Logger;
}

export async function openNotices({ db, directUrl, logger }: NoticesOptions): Promise<Notices> {
  const listeners = new Set<NoticeHandlers>();
  const hear = (notices: readonly Notice[]): void => {
    for (const handlers of listeners) {
      for (const notice of notices) {
        try {
          handlers[notice]?.();
        } catch (error) {
          logger.error({ err: error, notice }, 'A notice could not be handled');
        }
      }
    }
  };
  const listener = await startListener({
    db,
    directUrl,
    channel: NOTICE_CHANNEL,
    logger,
    onPayload(text) {
      const payload = parsed(text);
      if (payload === undefined) logger.debug('A notice was not understood');
      else hear(ALL.filter((notice) => payload[notice] === true));
    },
    onGap: () => hear(directUrl === undefined ? BY_HAND : ALL),
  });

  const gathered = new Set<Notice>();
  let timer: NodeJS.Timeout | undefined;
  let isGathering = false;
  let sentAt = Number.NEGATIVE_INFINITY;
  let sending: Promise<void> = Promise.resolve();

  const flush = (): void => {
    isGathering = false;
    sentAt = performance.now();
    if (gathered.size === 0) return;
    const payload: Payload = Object.fromEntries([...gathered].map((notice) => [notice, true]));
    gathered.clear();
    sending = sending
      .then(() => listener.send(JSON.stringify(payload)))
      .catch((error: unknown) => logger.debug({ err: error }, 'A notice was not sent'));
  };
  const notify = (notice: Notice): void => {
    if (NOTICES[notice].isAtOnce) hear([notice]);
    gathered.add(notice);
    if (isGathering) return;
    isGathering = true;
    // The first after a pause is sent at once, so that another node can attempt a single entry as soon as this one.
    const wait = sentAt + GATHER_MS - performance.now();
    if (wait > 0) timer = setTimeout(flush, wait);
    else queueMicrotask(flush);
  };

  return {
    road: listener.road,
    notify(...notices) {
      for (const notice of notices) notify(notice);
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

function parsed(text: string): Payload | undefined {
  try {
    const payload: unknown = JSON.parse(text);
    return typeof payload === 'object' && payload !== null ? (payload as Payload) : undefined;
  } catch {
    return undefined;
  }
}
