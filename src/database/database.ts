/**
 * The only access to PostgreSQL: Prisma for reads of the API, and plain SQL over a separate pool for
 * everything that the server writes. Statements are prepared by name (a third less work for PostgreSQL),
 * except behind a pooler, where sessions are shared and nothing may be kept in them.
 */
import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import type { ServerMetrics } from '../metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { cancelWhenAborted } from './cancel.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { createOutage, type Outage } from './outage.ts';
import { measurePools, openPool, type Pool } from './pool.ts';

/** The application_name of our connections in pg_stat_activity; nothing depends on it. */
export const APPLICATION_NAME = 'family-hub-jobs';

/**
 * The prefix of every statement of the server. The triggers that detect rows written by hand recognise our
 * statements by it: the application_name may be changed on the way (a URL parameter, a pooler), the text is
 * not.
 */
export const OURS = '/* family-hub-jobs */ ';

const READ_TIMEOUT_MS = 15_000;

/** The server's own statements are short, or work in batches. */
const WORK_TIMEOUT_MS = 8_000;

/**
 * Starts a transaction in one round trip. A process that is halted between two statements (a paused
 * machine, a frozen container) would keep its row locks forever: PostgreSQL ends its session after five
 * seconds. A statement waits for such a lock a little longer than that, and less than its own timeout. SET
 * LOCAL ends with the transaction, so it works behind a pooler too.
 */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED;
  SET LOCAL idle_in_transaction_session_timeout = '5s'; SET LOCAL lock_timeout = '7s'`;

export interface Queryable {
  /** Runs one statement and returns its rows. JSON parameters are passed as strings. */
  query<Row = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface Transactional extends Queryable {
  /**
   * Runs `run` in a transaction, which is rolled back if `run` throws. Inside a transaction it joins that
   * one. A statement that still runs a second after `signal` aborts is cancelled in the database, and
   * everything is rolled back.
   */
  transaction<T>(run: (tx: Transactional) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface Database extends Transactional {
  /** For reads; statements time out like those of `reading`. */
  readonly prisma: PrismaClient;
  /** For SQL reads of the API: a separate pool; a timeout fails with SQLSTATE 57014. */
  readonly reading: Queryable;
  /**
   * The same for SQL that is built for one request, or whose best plan depends on the values: it is planned for
   * them, and not prepared.
   */
  readUnprepared<Row>(sql: string, values: readonly unknown[]): Promise<Row[]>;
  /** True behind a pooler such as PgBouncer: sessions are shared. */
  readonly isPooled: boolean;
  /** Consulted for every caught error, so that an outage is logged once. */
  readonly outage: Outage;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Connections in total; half of them, rounded down, are for reads. */
  readonly poolSize: number;
  /** The timeout of a read statement, in milliseconds; 15 s by default. */
  readonly readTimeoutMs?: number;
  /** The timeout of a statement of the server’s own work, in milliseconds; 8 s by default. */
  readonly workTimeoutMs?: number;
  readonly logger: Logger;
  /** Without it the pools are not measured. */
  readonly metrics?: Pick<ServerMetrics, 'onScrape' | 'database'>;
}

/** Opens the pools and checks that the database answers. Throws pg's error if it does not. */
export async function openDatabase({
  url,
  poolSize,
  logger,
  metrics,
  readTimeoutMs = READ_TIMEOUT_MS,
  workTimeoutMs = WORK_TIMEOUT_MS,
}: DatabaseOptions): Promise<Database> {
  const shared = {
    url,
    applicationName: APPLICATION_NAME,
    onFailed: (error: unknown) => failed(error),
    // A read that waits for its own, longer timeout would delay the next one, and readiness, by as much.
    onSilent: () => {
      for (const pool of [work, readers]) pool.dropSilent(workTimeoutMs / 2);
    },
  };
  // Code inside a transaction may need a second connection, so the work pool has at least two.
  const most = Math.max(1, Math.floor(poolSize / 2));
  const work = openPool({ ...shared, size: Math.max(2, poolSize - most), timeoutMs: workTimeoutMs, purpose: 'work' });
  const readers = openPool({ ...shared, size: most, timeoutMs: readTimeoutMs, purpose: 'reading' });
  const failed =
    metrics === undefined ? () => undefined : measurePools({ work: work.pg, reading: readers.pg }, metrics);
  // An idle connection that breaks is replaced at its next use; without a listener, its error event would end
  // the process. One that breaks in use fails its statement, and also emits an event that would end the
  // process.
  for (const { pg: each } of [work, readers]) {
    each.on('connect', (client) => client.on('error', () => undefined));
    each.on('error', (error) => logger.debug({ err: error }, 'An idle database connection was lost'));
  }

  const isPooled = await detectPooler(work).catch(async (error: unknown) => {
    await work.end().catch(() => undefined);
    throw error;
  });
  const prisma = new PrismaClient({ adapter: new PrismaPg(readers.pg, { schema: 'auth' }) });
  const prepared = preparer(isPooled);
  const outage = createOutage(logger);

  return {
    prisma,
    isPooled,
    outage,
    async query<Row>(sql: string, values: readonly unknown[] = []) {
      const { rows } = await work.pg.query(prepared(sql, values));
      outage.answered();
      return rows as Row[];
    },
    reading: {
      async query<Row>(sql: string, values: readonly unknown[] = []) {
        return (await readers.pg.query(prepared(sql, values))).rows as Row[];
      },
    },
    async readUnprepared<Row>(sql: string, values: readonly unknown[]) {
      return (await readers.pg.query({ text: OURS + sql, values: values as unknown[] })).rows as Row[];
    },
    transaction: (part, signal) => transaction(work, prepared, part, signal),
    async close() {
      await prisma.$disconnect();
      await Promise.all([readers.end(), work.end()]);
    },
  };
}

type Prepare = (sql: string, values: readonly unknown[]) => pg.QueryConfig;

/** Names statements, so that each connection prepares each statement once. Behind a pooler, nothing is prepared. */
function preparer(isPooled: boolean): Prepare {
  // The map stays small: SQL is never built from input, so its size is the number of statements in the source.
  const known = new Map<string, { readonly text: string; readonly name?: string }>();
  const statementOf = (sql: string): { readonly text: string; readonly name?: string } => {
    let statement = known.get(sql);
    if (statement === undefined) {
      const name = createHash('sha1').update(sql).digest('base64url').slice(0, 16);
      statement = isPooled ? { text: OURS + sql } : { text: OURS + sql, name };
      known.set(sql, statement);
    }
    return statement;
  };
  return (sql, values) => ({ ...statementOf(sql), values: values as unknown[] });
}

function transaction<T>(
  pool: Pool,
  prepared: Prepare,
  work: (tx: Transactional) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return pool.lend(async (lent) => {
    const { client, run } = lent;
    const tx: Transactional = {
      query: async <Row>(sql: string, values: readonly unknown[] = []) =>
        (await run(prepared(sql, values))).rows as Row[],
      transaction: (part) => part(tx),
    };
    const unwatch = signal && cancelWhenAborted(client, signal);
    try {
      await run({ text: BEGIN });
      const result = await work(tx);
      await run({ text: 'COMMIT' }, true);
      return result;
    } catch (error) {
      if (!lent.isSpent) await run({ text: 'ROLLBACK' }).catch(() => undefined);
      throw error;
    } finally {
      // A late cancellation must not hit another statement.
      if (await unwatch?.()) lent.spend();
    }
  });
}

/** A pooler gives its clients an invented process id; PostgreSQL gives the real one. */
function detectPooler(pool: Pool): Promise<boolean> {
  return pool.lend(async ({ run, client }) => {
    const { rows } = await run({ text: 'SELECT pg_backend_pid() AS pid' });
    return (rows[0] as { pid: number }).pid !== (client as pg.PoolClient & { processID: number | null }).processID;
  });
}
