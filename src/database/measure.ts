/** Measures the pools: what is in use, what waits, and what fails, by class of SQLSTATE. */
import pg from 'pg';
import type { ServerMetrics } from '../metrics.ts';

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
