/**
 * The change feed of one node: while there are subscribers, it reads the new changes on each notice,
 * and at least once a second, and passes them on. Each query runs once, however many subscribers there
 * are; without subscribers none runs.
 */

import { GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Database, Queryable } from '../../database/database.ts';
import { createRecovery } from '../../database/recovery.ts';
import { loop, UNTIL_WOKEN } from '../../work/loop.ts';
import type { Notices } from '../../work/notices.ts';
import { tellTogether } from './change-events.ts';
import { openRecord } from './change-record.ts';
import { type ChangePage, currentPlace, readChanges } from './change-rows.ts';
import { createChangeStream, type Interest, type Listener, type ToldPage } from './change-stream.ts';
import { comparePositions, decodeCursor, encodeCursor, type Position } from './cursor.rules.ts';

/** How often the feed polls: notices can be lost, and manual SQL behind a pooler sends none. */
const LOOK_MS = 1_000;
/** How many pages are cached for subscribers that catch up at the same time. */
const PAGES_KEPT = 20;
/**
 * How soon to poll again while an older transaction holds changes back: the first and the longest wait,
 * and the wait from which on the precise query is used (see readChanges).
 */
const HELD_BACK_MS = { first: 2, last: 100, precise: 16 } as const;

export type ChangeFeed = ReturnType<typeof createChangeFeed>;

export interface FeedOptions {
  readonly db: Pick<Database, 'transaction' | 'outage'> & { readonly reading: Queryable };
  readonly notices: Pick<Notices, 'on'>;
}

export function createChangeFeed({ db, notices }: FeedOptions) {
  const listeners = new Set<Listener>();
  const recovery = createRecovery(db.reading);
  let live: { epoch: string; position: Position } | undefined;
  let heldBackMs = 0;
  let horizon = '';
  let opening: Promise<void> | undefined;
  /** Opens the change log before any position is used: once, and again after the database was replaced. */
  const opened = (): Promise<void> => {
    opening ??= openRecord(db).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };

  const looks = loop({
    name: 'Reading the record of changes',
    outage: db.outage,
    async once() {
      const waitMs = listeners.size === 0 ? UNTIL_WOKEN : await readOn();
      if (listeners.size > 0) return waitMs;
      // The next subscriber begins at its own position, not where the last one left.
      live = undefined;
      return UNTIL_WOKEN;
    },
  });
  /** Reads and passes on all new changes; returns when to poll again, in milliseconds. */
  const readOn = async (): Promise<number> => {
    for (;;) {
      if (live === undefined) {
        const place = await now();
        live ??= place;
      }
      const page = await read(live.position, heldBackMs >= HELD_BACK_MS.precise);
      if (isGone(page, live.epoch)) {
        // The database was replaced while we ran, or has lost changes that were sent.
        live = undefined;
        for (const listener of listeners) listener.fail(expired(page));
        continue;
      }
      const told = tellTogether(db.reading, page.epoch, live.position, page.rows);
      const isStuck = page.horizon === horizon;
      horizon = page.horizon;
      live = { epoch: page.epoch, position: page.end };
      if (told.events.length > 0) await Promise.all([...listeners].map((listener) => listener.tell(told)));
      if (page.isFull) continue;
      if (!page.isHeldBack) heldBackMs = 0;
      else heldBackMs = isStuck ? Math.min(2 * heldBackMs + 1, HELD_BACK_MS.last) : HELD_BACK_MS.first;
      return heldBackMs || LOOK_MS;
    }
  };
  const read = async (from: Position, isPrecise = false): Promise<ChangePage> => {
    const page = await readChanges(db.reading, from, isPrecise);
    if (page.isOurs) return page;
    opening = undefined;
    await opened();
    return readChanges(db.reading, from);
  };
  const now = async () => {
    const place = await currentPlace(db.reading);
    if (place.isOurs) return place;
    opening = undefined;
    await opened();
    return currentPlace(db.reading);
  };
  /** Returns a page for a subscriber that catches up. Throws CURSOR_EXPIRED when part of it is gone. */
  const page = async (epoch: string, from: Position): Promise<ToldPage> => {
    let found = await read(from);
    // Other subscribers may be further on: past changes that only a transaction of another database holds back.
    if (!found.isFull && found.isHeldBack) found = await read(from, true);
    if (isGone(found, epoch)) throw expired(found);
    return { ...found, together: tellTogether(db.reading, epoch, from, found.rows) };
  };
  /** Pages for subscribers that fell behind together. Only full pages are kept: nothing can be added to them. */
  const pages = new LRUCache<string, Promise<ToldPage>>({ max: PAGES_KEPT });
  const sharedPage = async (epoch: string, from: Position): Promise<ToldPage> => {
    const cursor = encodeCursor(epoch, from);
    const known = pages.get(cursor);
    if (known !== undefined) return known;
    const asked = page(epoch, from);
    pages.set(cursor, asked);
    const isKept = await asked.then(
      ({ isFull }) => isFull,
      () => false,
    );
    if (!isKept) pages.delete(cursor);
    return asked;
  };

  const stop = notices.on({ changes: looks.wake });

  return {
    /**
     * Returns all changes of one or more topics after a position, and those that follow, in order and each
     * once. `after`: the cursor of the last change that was seen; without it, from now on. Throws
     * BAD_USER_INPUT for a text that is not a cursor, CURSOR_EXPIRED for a position that is gone.
     */
    async subscribe<Row>(interest: Interest<Row> | readonly Interest<unknown>[], after?: string | null) {
      await opened();
      const given = typeof after === 'string' ? decodeCursor(after) : await now();
      if (given === undefined) throw malformed();
      // Check now, so that an expired cursor fails here and not at the first change.
      if (typeof after === 'string') {
        const found = await read(given.position);
        if (isGone(found, given.epoch)) throw expired(found);
      }
      return createChangeStream({
        interests: 'topic' in interest ? [interest] : interest,
        from: given.position,
        page: (from) => sharedPage(given.epoch, from),
        patience: recovery.patience,
        attach(listener, reached) {
          if (live !== undefined && comparePositions(reached, live.position) < 0) return false;
          live ??= { epoch: given.epoch, position: reached };
          listeners.add(listener);
          looks.wake();
          return true;
        },
        detach(listener) {
          listeners.delete(listener);
          if (listeners.size > 0) return;
          pages.clear();
          looks.wake();
        },
      });
    },
    /** Returns the current cursor: all later changes are behind it. */
    async cursor(): Promise<string> {
      await opened();
      const { epoch, position } = await now();
      return encodeCursor(epoch, position);
    },
    /** For queries about a change that is being sent. */
    patience: recovery.patience,
    /** How many subscribers this node has. */
    listenerCount: () => listeners.size,
    close(): void {
      stop();
      recovery.close();
      void looks.stop();
      pages.clear();
    },
  };
}

/** Whether no subscriber can continue from the position that a page was read from. */
const isGone = ({ epoch, isKnown }: ChangePage, before: string): boolean => epoch !== before || !isKnown;

/** The changes before the cursor are gone: deleted by retention, or lost by a restore or failover. */
const expired = ({ epoch, oldest }: ChangePage): GraphQLError =>
  new GraphQLError(
    'Changes after this cursor are missing: it is older than three days, or the database was restored, or a failover lost its last changes. Load your data again, then subscribe from the query "changeCursor", or from oldestCursor.',
    { extensions: { code: 'CURSOR_EXPIRED', oldestCursor: encodeCursor(epoch, oldest) } },
  );

const malformed = (): GraphQLError =>
  new GraphQLError(
    'after: this is not a cursor of a change. Pass the `cursor` of an event unchanged, or that of the query "changeCursor", or leave it out.',
    { extensions: { code: 'BAD_USER_INPUT' } },
  );
