/**
 * Receives notices from other nodes: LISTEN on a dedicated connection, which is reopened whenever it is
 * lost. Where LISTEN cannot work (a pooler and no direct URL), every node polls a table of notices instead.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../telemetry/logger.ts';
import { APPLICATION_NAME, type Database } from './database.ts';
import { routeTo, socketOf } from './primary.ts';

/** How often a listening connection is checked, and how long it may take to respond. */
const PULSE_MS = 5_000;
const ANSWER_MS = 5_000;
/** The longest wait between two attempts to reconnect. */
const LONGEST_WAIT_MS = 2_000;

export interface Listener {
  /** How notices are delivered, for the report at start. */
  readonly road: 'listen' | 'poll';
  /** Sends one payload (at most 7,900 bytes) to every listener, including this one. */
  send(payload: string): Promise<void>;
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly db: Database;
  /** A URL that bypasses the pooler, if there is one. */
  readonly directUrl: string | undefined;
  readonly channel: string;
  readonly logger: Logger;
  readonly onPayload: (payload: string) => void;
  /** Notices may have been missed: check everything once. */
  readonly onGap: () => void;
}

/** Starts listening. Resolves when the first connection is open. */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  return options.directUrl === undefined ? pollNotices(options) : listen(options, options.directUrl);
}

async function listen({ db, channel, logger, onPayload, onGap }: ListenerOptions, url: string): Promise<Listener> {
  let client: pg.Client | undefined;
  let isClosed = false;

  const connect = async (): Promise<void> => {
    const { Client, connectionString } = routeTo(url);
    const next = new Client({ connectionString, application_name: APPLICATION_NAME, keepAlive: true });
    let isLost = false;
    let pulse: NodeJS.Timeout | undefined;
    const lost = (error?: Error): void => {
      if (isLost) return;
      isLost = true;
      clearInterval(pulse);
      socketOf(next).destroy();
      if (isClosed || client !== next) return;
      logger.debug({ err: error }, 'The listening connection was lost; connecting again');
      void reconnect();
    };
    next.on('error', lost);
    next.on('end', () => lost());
    next.on('notification', ({ payload }) => onPayload(payload ?? ''));
    try {
      await next.connect();
      await answerOf(next, `LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      lost();
      throw error;
    }
    if (isClosed) return lost();
    client = next;
    if (isLost) throw new Error('The listening connection was lost at once');
    // A network that drops packets looks the same as silence: only a query can tell the difference.
    pulse = setInterval(() => void answerOf(next, 'SELECT 1').catch(lost), PULSE_MS);
    pulse.unref();
  };
  const reconnect = async (): Promise<void> => {
    for (let wait = 100; !isClosed; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        await connect();
        if (!isClosed) onGap();
        return;
      } catch (error) {
        // Logged once, and not for the first attempt, which comes before a restarted database can be up.
        if (wait === 200) db.outage.warn(error, 'Nothing listens for notices now; connecting again');
        await delay(wait, undefined, { ref: false });
      }
    }
  };

  await connect();
  return {
    road: 'listen',
    // Asynchronous commit: a notice is a hint, and must not make the disk flush for it.
    send: async (payload) => {
      await db.query(`SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`, [channel, payload]);
    },
    async close() {
      isClosed = true;
      const last = client;
      if (last !== undefined) await within(last.end()).catch(() => socketOf(last).destroy());
    },
  };
}

/** A query with a timeout: rejects if there is no response within ANSWER_MS. */
const answerOf = (client: pg.Client, sql: string): Promise<unknown> => within(client.query(sql));

function within<T>(answer: Promise<T>): Promise<T> {
  const late = new AbortController();
  return Promise.race([
    answer.finally(() => late.abort()),
    delay(ANSWER_MS, undefined, { ref: false, signal: late.signal }).then(() => {
      throw new Error(`No answer from the database within ${ANSWER_MS / 1_000} s`);
    }),
  ]);
}

const POLL_MS = 500;

async function pollNotices({ db, logger, onPayload, onGap }: ListenerOptions): Promise<Listener> {
  const [start] = await db.query<{ id: string }>('SELECT coalesce(max(id), 0)::text AS id FROM auth.notices');
  let after = start?.id ?? '0';
  // A lower id may be committed later: the last second is read again, and known ids are skipped.
  let seen = new Set<string>();
  let rounds = 0;
  let isReading = false;

  const read = async (): Promise<void> => {
    const rows = await db.query<{ id: string; payload: string; isResolved: boolean }>(
      `SELECT id::text AS id, payload, created_at < now() - interval '1 second' AS "isResolved" FROM auth.notices WHERE id > $1::bigint ORDER BY id LIMIT 1000`,
      [after],
    );
    const unresolved = new Set<string>();
    for (const row of rows) {
      if (!seen.has(row.id)) onPayload(row.payload);
      if (row.isResolved && unresolved.size === 0) after = row.id;
      else unresolved.add(row.id);
    }
    seen = unresolved;
    // Rows inserted by hand create no notice that a poll could find: check for them.
    onGap();
    if (++rounds % 120 === 0) await db.query(`DELETE FROM auth.notices WHERE created_at < now() - interval '1 minute'`);
  };
  const timer = setInterval(() => {
    if (isReading) return;
    isReading = true;
    read()
      .catch((error: unknown) => {
        if (!db.outage.explains(error)) logger.debug({ err: error }, 'Notices could not be read');
      })
      .finally(() => {
        isReading = false;
      });
  }, POLL_MS);
  timer.unref();

  return {
    road: 'poll',
    send: async (payload) => {
      await db.query('INSERT INTO auth.notices (payload) VALUES ($1)', [payload]);
    },
    async close() {
      clearInterval(timer);
    },
  };
}
