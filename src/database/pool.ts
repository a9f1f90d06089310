/**
 * Connections on which no statement can hang. A statement that takes too long is cancelled over a
 * separate connection. If even that brings no answer (a frozen server, a proxy that lost the flow),
 * its connection is destroyed, and all idle ones with it, since they take the same route. The timers
 * are here because PgBouncer does not let clients set statement_timeout, and a frozen server does not
 * enforce it.
 */
import type { Socket } from 'node:net';
import pg from 'pg';
import type { ServerMetrics } from '../metrics.ts';
import { cancelRunning } from './cancel.ts';
import { isReadOnly } from './violations.ts';

/** How long a cancelled statement may take to end before its connection is destroyed. */
const GRACE_MS = 1_000;

/** To open one connection; a caller may wait longer for one that is in use. */
const CONNECT_TIMEOUT_MS = 5_000;

export interface PoolOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly size: number;
  /** How long one statement may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether a cancelled statement fails with SQLSTATE 57014 (it only reads), or as a connection does. */
  readonly purpose: 'reading' | 'work';
  /** Called for each failure of a statement or a connection. */
  readonly onFailed: (error: unknown) => void;
  /** Called when the server did not even answer a cancellation. */
  readonly onSilent: () => void;
}

/** Runs one statement with a timeout. `isCommit`: it is never cancelled, only abandoned. */
type RunStatement = (config: pg.QueryConfig, isCommit?: boolean) => Promise<pg.QueryResult>;

/** A connection on loan. */
interface Lent {
  readonly client: pg.PoolClient;
  readonly run: RunStatement;
  /** Never reuse it: it is broken, or a cancellation may still reach it. */
  readonly isSpent: boolean;
  spend(): void;
}

export interface Pool {
  /** Its `query` has a timeout; for Prisma's adapter and for counting connections. */
  readonly pg: pg.Pool;
  /** Lends one connection, and takes it back or destroys it when `work` has ended. */
  lend<T>(work: (lent: Lent) => Promise<T>): Promise<T>;
  /** Destroys idle connections; new ones are opened when they are needed. */
  dropIdle(): void;
  end(): Promise<void>;
}

/**
 * A statement timed out. With the code ETIMEDOUT its outcome is unknown, as when a connection breaks;
 * with SQLSTATE 57014 the server cancelled it, and it had no effect.
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

/** Opens a pool; connections are opened when they are needed. */
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
        // Cancelled while it waited for a synchronous standby: it is committed, perhaps only on this server.
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
      // Not closed by the protocol: a silent server would not answer.
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

/** A connection whose socket is open: the pool notices a destroyed one only when it has closed. */
async function connected(pool: pg.Pool): Promise<pg.PoolClient> {
  for (;;) {
    const client = await pool.connect();
    if (!socketOf(client).destroyed) return client;
    client.release(true);
  }
}

/** Closes a connection's socket at once; a statement that waits for its answer fails. */
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

/** Measures the pools at each scrape; returns the function to call for each failure. */
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
