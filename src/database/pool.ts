/**
 * Connections on which no statement can hang. A statement that takes too long is cancelled over a separate
 * connection. If there is no response even then (a frozen server, a proxy that lost the connection), its
 * connection is destroyed, and with it all that use the same route: the idle ones, and those that have waited long
 * for a response. The timers are in this process because PgBouncer does not let clients set statement_timeout, and
 * a frozen server does not enforce it.
 */
import pg from 'pg';
import type { ServerMetrics } from '../metrics.ts';
import { cancelRunning } from './cancel.ts';
import { routeTo, socketOf } from './primary.ts';
import { isReadOnly } from './violations.ts';

/** How long a cancelled statement may take to end before its connection is destroyed. */
const GRACE_MS = 1_000;

/**
 * How long a connection keeps the plans of its statements. Without that, it keeps them until the table is analyzed,
 * and a plan from when the table was nearly empty would read all of it, for a minute of a large import or longer.
 */
const PLANS_LAST_MS = 5_000;

export interface PoolOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly size: number;
  /** How long one statement may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Decides how a cancelled statement fails: `reading` with SQLSTATE 57014, `work` like a broken connection. */
  readonly purpose: 'reading' | 'work';
  /** Called for each failure of a statement or a connection. */
  readonly onFailed: (error: unknown) => void;
  /** Called when the server did not respond to a cancellation either. */
  readonly onSilent: () => void;
}

/**
 * Runs one statement with a timeout. `isCommit`: when it times out, its connection is destroyed at once, so that no
 * answer to the cancellation is taken for its outcome.
 */
type RunStatement = (config: pg.QueryConfig, isCommit?: boolean) => Promise<pg.QueryResult>;

/** A connection on loan. */
interface Lent {
  readonly client: pg.PoolClient;
  readonly run: RunStatement;
  /** True when it must not be reused: it is broken, or a cancellation may still reach it. */
  readonly isSpent: boolean;
  spend(): void;
}

export interface Pool {
  /** The underlying pool; its `query` has a timeout. For Prisma’s adapter and for counting connections. */
  readonly pg: pg.Pool;
  /** Lends one connection, and takes it back or destroys it when `work` has ended. */
  lend<T>(work: (lent: Lent) => Promise<T>): Promise<T>;
  /**
   * Destroys the connections that are idle, and those whose statement has waited for this many milliseconds; new
   * ones are opened when they are needed.
   */
  dropSilent(waitedMs: number): void;
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
    ...routeTo(options.url),
    application_name: options.applicationName,
    max: options.size,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  });
  const idle = new Set<pg.PoolClient>();
  pool.on('acquire', (client) => idle.delete(client));
  pool.on('release', (_error, client) => idle.add(client));
  pool.on('remove', (client) => idle.delete(client));
  /** Since when the statement of a connection waits for its response. */
  const waiting = new Map<pg.PoolClient, number>();

  const plannedAt = new WeakMap<pg.PoolClient, number>();
  const arePlansOld = (client: pg.PoolClient): boolean => {
    const now = performance.now();
    const since = plannedAt.get(client) ?? now;
    const areOld = now - since > PLANS_LAST_MS;
    plannedAt.set(client, areOld ? now : since);
    return areOld;
  };

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
        if (isCommit) {
          destroy(client);
          // Where the synchronous standby is missing, its session would wait forever, and hold a connection.
          void cancelRunning(client);
          return;
        }
        abandon = setTimeout(() => {
          onSilent();
          destroy(client);
        }, GRACE_MS);
        void cancelRunning(client);
      }, timeoutMs);
      waiting.set(client, performance.now());
      try {
        const result = await client.query(config);
        // Cancelled while it waited for a synchronous standby: it is committed, perhaps only on this server.
        if (isLate) throw new StatementTimeout('ETIMEDOUT', purpose, timeoutMs);
        return result;
      } catch (caught) {
        const error = isLate ? timeoutOf(caught, purpose, timeoutMs) : caught;
        // A statement that PostgreSQL rejects leaves the connection intact; any other error means that it is
        // broken. A connection that refuses writes may lead to a server that is no longer the primary.
        isSpent ||= !(error instanceof pg.DatabaseError) || isReadOnly(error);
        onFailed(error);
        throw error;
      } finally {
        waiting.delete(client);
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
      const release = (): void => {
        // Close the socket without the protocol’s goodbye: an unresponsive server would not answer it.
        if (isSpent) destroy(client);
        client.release(isSpent);
      };
      if (isSpent || !arePlansOld(client)) release();
      // After the work, so that nothing waits for it.
      else
        void run({ text: 'DISCARD PLANS' })
          .catch(() => undefined)
          .finally(release);
    }
  };

  const query = (config: pg.QueryConfig): Promise<pg.QueryResult> => lend(({ run }) => run(config));
  return {
    pg: Object.assign(pool, { query }),
    lend,
    dropSilent(waitedMs) {
      const before = performance.now() - waitedMs;
      for (const client of idle) destroy(client);
      for (const [client, since] of waiting) if (since <= before) destroy(client);
    },
    end: () => pool.end(),
  };
}

function timeoutOf(error: unknown, purpose: PoolOptions['purpose'], timeoutMs: number): unknown {
  if (error instanceof StatementTimeout) return error;
  const isCancelled = error instanceof pg.DatabaseError && error.code === '57014';
  return new StatementTimeout(isCancelled ? '57014' : 'ETIMEDOUT', purpose, timeoutMs, error);
}

/** Returns a connection with an open socket: the pool notices a destroyed one only after it has closed. */
async function connected(pool: pg.Pool): Promise<pg.PoolClient> {
  for (;;) {
    const client = await pool.connect();
    if (!socketOf(client).destroyed) return client;
    client.release(true);
  }
}

/** Closes a connection’s socket at once; the statement in progress fails. */
function destroy(client: pg.PoolClient): void {
  socketOf(client).destroy();
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

/** The metrics factory counts an undeclared class as "other". */
const classOf = (error: unknown): SqlStateClass =>
  error instanceof pg.DatabaseError ? ((error.code ?? '').slice(0, 2) as SqlStateClass) : 'connection';
