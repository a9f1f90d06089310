/**
 * Connections on which no statement can hang. One that takes too long is cancelled over a
 * connection of its own; where even that brings no answer (a server that is frozen, a proxy that
 * forgot the flow) its connection is destroyed, and with it all that lie idle, since they lead the
 * same way. By timers here and not by statement_timeout, which PgBouncer lets nobody set and which
 * a server that is silent cannot keep.
 */
import type { Socket } from 'node:net';
import pg from 'pg';
import type { ServerMetrics } from '../metrics.ts';
import { cancelRunning } from './cancel.ts';
import { isReadOnly } from './violations.ts';

/** How long a cancelled statement may take to end before its connection is destroyed. */
const GRACE_MS = 1_000;

/** One connection's time to be made; a caller may wait longer for one that is in use. */
const CONNECT_TIMEOUT_MS = 5_000;

export interface PoolOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly size: number;
  /** How long one statement may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether a cancelled statement fails with SQLSTATE 57014 (it only reads), or as a connection does. */
  readonly purpose: 'reading' | 'work';
  /** Told of each failure: of a statement, or to connect. */
  readonly onFailed: (error: unknown) => void;
  /** Told that the server did not even answer a cancellation. */
  readonly onSilent: () => void;
}

/** Runs one statement, bounded in time. `isCommit`: it is never cancelled, only given up. */
type RunStatement = (config: pg.QueryConfig, isCommit?: boolean) => Promise<pg.QueryResult>;

/** A connection that is lent. */
interface Lent {
  readonly client: pg.PoolClient;
  readonly run: RunStatement;
  /** Never to be used again: broken, or a cancellation may still reach it. */
  readonly isSpent: boolean;
  spend(): void;
}

export interface Pool {
  /** With a bounded `query`, for Prisma's adapter and for counting its connections. */
  readonly pg: pg.Pool;
  /** Lends one connection, and takes it back or destroys it when `work` has ended. */
  lend<T>(work: (lent: Lent) => Promise<T>): Promise<T>;
  /** Destroys the connections that nobody uses; new ones are made when they are needed. */
  dropIdle(): void;
  end(): Promise<void>;
}

/**
 * A statement had no answer in time. With the code ETIMEDOUT it may have been done or not, as when
 * a connection breaks; with SQLSTATE 57014 the server cancelled it, and nothing of it was done.
 */
export class StatementTimeout extends Error {
  override readonly name = 'StatementTimeout';
  constructor(
    readonly code: 'ETIMEDOUT' | '57014',
    readonly purpose: PoolOptions['purpose'],
    timeoutMs: number,
    cause?: unknown,
  ) {
    const seconds = `${timeoutMs / 1_000} s`;
    super(
      code === '57014'
        ? `A statement took longer than ${seconds} and was cancelled`
        : `The database did not answer a statement within ${seconds}`,
      { cause },
    );
  }
}

/** Opens a pool; connections are made when they are needed. */
export function openPool(options: PoolOptions): Pool {
  const { timeoutMs, purpose, onFailed, onSilent } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.size,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    // Its type leaves out that the pool hands its options on.
    Client: QuicklyConnecting as unknown as new () => pg.ClientBase,
  });
  const idle = new Set<pg.PoolClient>();
  pool.on('acquire', (client) => idle.delete(client));
  pool.on('release', (_error, client) => idle.add(client));
  pool.on('remove', (client) => idle.delete(client));

  const lend: Pool['lend'] = async (work) => {
    const client = await connected(pool).catch((error: unknown) => {
      onFailed(error);
      throw error;
    });
    let isSpent = false;
    const run: RunStatement = async (config, isCommit = false) => {
      let isLate = false;
      let abandon: NodeJS.Timeout | undefined;
      const timer = setTimeout(() => {
        isLate = true;
        isSpent = true;
        if (isCommit) return destroy(client);
        abandon = setTimeout(() => {
          onSilent();
          destroy(client);
        }, GRACE_MS);
        void cancelRunning(client);
      }, timeoutMs);
      try {
        const result = await client.query(config);
        // Cancelled while it waited for a synchronous standby, it says that it is done: perhaps only here.
        if (isLate) throw new StatementTimeout('ETIMEDOUT', purpose, timeoutMs);
        return result;
      } catch (caught) {
        const error = isLate ? timeoutOf(caught, purpose, timeoutMs) : caught;
        // What PostgreSQL refuses leaves a connection as it was; everything else has broken it. One that
        // refuses to write may lead to a server that is the primary no more.
        isSpent ||= !(error instanceof pg.DatabaseError) || isReadOnly(error);
        onFailed(error);
        throw error;
      } finally {
        clearTimeout(timer);
        clearTimeout(abandon);
      }
    };
    try {
      return await work({
        client,
        run,
        get isSpent() {
          return isSpent;
        },
        spend() {
          isSpent = true;
        },
      });
    } finally {
      // Not ended with good manners: a silent server would answer none.
      if (isSpent) destroy(client);
      client.release(isSpent);
    }
  };

  const query = (config: pg.QueryConfig): Promise<pg.QueryResult> => lend(({ run }) => run(config));
  return {
    pg: Object.assign(pool, { query }),
    lend,
    dropIdle() {
      for (const client of idle) destroy(client);
    },
    end: () => pool.end(),
  };
}

function timeoutOf(error: unknown, purpose: PoolOptions['purpose'], timeoutMs: number): unknown {
  if (error instanceof StatementTimeout) return error;
  const isCancelled = error instanceof pg.DatabaseError && error.code === '57014';
  return new StatementTimeout(isCancelled ? '57014' : 'ETIMEDOUT', purpose, timeoutMs, error);
}

/** A connection whose socket is open: the pool learns of one that was destroyed only when it has closed. */
async function connected(pool: pg.Pool): Promise<pg.PoolClient> {
  for (;;) {
    const client = await pool.connect();
    if (!socketOf(client).destroyed) return client;
    client.release(true);
  }
}

/** Closes a connection's socket at once; whoever waits for an answer on it has an error. */
function destroy(client: pg.PoolClient): void {
  socketOf(client).destroy();
}

function socketOf(client: pg.PoolClient): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

/** The pool gives its clients its own patience, which is that of a caller who waits for a free one. */
class QuicklyConnecting extends pg.Client {
  constructor(config: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  }
}

/** Reads the pools off at each scrape; answers what is to be told of every failure. */
export function measurePools(
  pools: Readonly<Record<'work' | 'reading', pg.Pool>>,
  { onScrape, database }: Pick<ServerMetrics, 'onScrape' | 'database'>,
): (error: unknown) => void {
  onScrape(() => {
    for (const pool of ['work', 'reading'] as const) {
      const { totalCount, idleCount, waitingCount } = pools[pool];
      database.connections.set(totalCount - idleCount, { pool, state: 'in_use' });
      database.connections.set(idleCount, { pool, state: 'idle' });
      database.waiting.set(waitingCount, { pool });
    }
  });
  return (error) => database.errors.inc(1, { class: classOf(error) });
}

type SqlStateClass = Parameters<ServerMetrics['database']['errors']['inc']>[1]['class'];

/** The factory makes "other" of a class that is none of the declared. */
const classOf = (error: unknown): SqlStateClass =>
  error instanceof pg.DatabaseError ? ((error.code ?? '').slice(0, 2) as SqlStateClass) : 'connection';
