/**
 * The one handle on PostgreSQL: Prisma for what the API reads, whole SQL statements over a
 * pool of their own for what the server writes. Statements are prepared by name (a third less work
 * for PostgreSQL), except behind a pooler, where nothing may live in a session.
 */
import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { ServerMetrics } from '../metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { cancelWhenAborted } from './cancel.ts';
import { PrismaClient } from './generated/prisma/client.ts';
import { measurePools } from './measure.ts';
import { createOutage, type Outage } from './outage.ts';
import { openReadingPool } from './reading.ts';

/** Our connections' name: the trigger on rows inserted by hand keeps silent for it. */
export const APPLICATION_NAME = 'family-hub-jobs';

const READ_TIMEOUT_MS = 15_000;

export interface Queryable {
  /** Runs one statement and returns its rows. JSON parameters are passed as strings. */
  query<Row = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface Transactional extends Queryable {
  /**
   * Commits what `run` did, or rolls all of it back when it throws. Within a transaction it is
   * part of that one, so that a change and its record can be put around what is whole by itself.
   * What still runs a second after `signal` is aborted is cancelled in the database, and all rolled back.
   */
  transaction<T>(run: (tx: Transactional) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface Database extends Transactional {
  /** For what is read; each statement is bounded in time, as those of `reading` are. */
  readonly prisma: PrismaClient;
  /** For what the API reads with SQL: connections apart, and SQLSTATE 57014 for what takes too long. */
  readonly reading: Queryable;
  /** True behind a pooler such as PgBouncer: sessions are not ours alone. */
  readonly isPooled: boolean;
  /** Asked by whoever catches an error, so that the log tells of a database that is away once. */
  readonly outage: Outage;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Half of them, rounded down, are for reading. */
  readonly poolSize: number;
  /** How long one statement that reads may take; left out: 15 s. */
  readonly readTimeoutMs?: number;
  readonly logger: Logger;
  /** Left out: nobody measures the pools. */
  readonly metrics?: Pick<ServerMetrics, 'onScrape' | 'database'>;
}

/** Opens the pool and proves that the database answers. Throws pg's error if it does not. */
export async function openDatabase({
  url,
  poolSize,
  logger,
  metrics,
  readTimeoutMs = READ_TIMEOUT_MS,
}: DatabaseOptions): Promise<Database> {
  const connection = {
    connectionString: url,
    application_name: APPLICATION_NAME,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
  };
  // A transaction may ask for a second connection, so that work has two at least.
  const most = Math.max(1, Math.floor(poolSize / 2));
  const pool = new pg.Pool({ ...connection, max: Math.max(2, poolSize - most) });
  const readers = openReadingPool({ ...connection, max: most }, readTimeoutMs, (error) => failed(error));
  const failed = metrics === undefined ? () => undefined : measurePools({ work: pool, reading: readers }, metrics);
  // An idle connection that breaks is replaced at its next use; without a listener it would end us.
  // One that breaks while it is in use fails its statement; the event beside that would end us too.
  for (const each of [pool, readers]) {
    each.on('connect', (client) => client.on('error', () => undefined));
    each.on('error', (error) => logger.debug({ err: error }, 'An idle database connection was lost'));
  }

  const isPooled = await detectPooler(pool).catch(async (error: unknown) => {
    await pool.end().catch(() => undefined);
    throw error;
  });
  const prisma = new PrismaClient({ adapter: new PrismaPg(readers, { schema: 'auth' }) });
  const run = runner(isPooled);
  /** Those that read count their own failures, Prisma's too. */
  const work: Run = <Row>(...statement: Parameters<Run>) => run<Row>(...statement).then(answered, counted);
  const outage = createOutage(logger);
  const answered = <Row>(rows: Row[]): Row[] => {
    outage.answered();
    return rows;
  };
  const counted = (error: unknown): never => {
    failed(error);
    throw error;
  };

  return {
    prisma,
    isPooled,
    outage,
    query: (sql, values) => work(pool, sql, values),
    reading: { query: (sql, values) => run(readers, sql, values) },
    transaction: (part, signal) => transaction(pool, work, part, signal),
    async close() {
      await prisma.$disconnect();
      await Promise.all([readers.end(), pool.end()]);
    },
  };
}

type Run = <Row>(on: pg.Pool | pg.PoolClient, sql: string, values?: readonly unknown[]) => Promise<Row[]>;

function runner(isPooled: boolean): Run {
  // Bounded by the number of statements in the source: SQL is never put together from input.
  const names = new Map<string, string>();
  const nameOf = (sql: string): string => {
    let name = names.get(sql);
    if (name === undefined) {
      name = createHash('sha1').update(sql).digest('base64url').slice(0, 16);
      names.set(sql, name);
    }
    return name;
  };
  return async <Row>(on: pg.Pool | pg.PoolClient, sql: string, values: readonly unknown[] = []) => {
    const config = { text: sql, values: values as unknown[] };
    const result = await on.query(isPooled ? config : { ...config, name: nameOf(sql) });
    return result.rows as Row[];
  };
}

async function transaction<T>(
  pool: pg.Pool,
  run: Run,
  work: (tx: Transactional) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = await pool.connect();
  const tx: Transactional = {
    query: (sql, values) => run(client, sql, values),
    transaction: (part) => part(tx),
  };
  let broken: Error | undefined;
  const unwatch = signal && cancelWhenAborted(client, signal);
  try {
    await client.query('BEGIN');
    const result = await work(tx);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    const isCancelled = (await unwatch?.()) ?? false;
    client.release(broken ?? isCancelled);
  }
}

/** A pooler invents the process id that it tells its clients; PostgreSQL tells the real one. */
async function detectPooler(pool: pg.Pool): Promise<boolean> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return rows[0]?.pid !== (client as pg.PoolClient & { processID: number | null }).processID;
  } finally {
    client.release();
  }
}
