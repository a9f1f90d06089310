/** The queries about the database: transactions that hold live updates back, old snapshots, a full disk. */
import { statfs } from 'node:fs/promises';
import type { Thresholds } from '../../config/alerts.ts';
import { MOST_TRANSACTIONS } from '../../diagnosis/system-conditions.ts';
import type { Readings } from '../alert-rule.ts';

// Only a transaction that has written has an id, and holds back the change feed, which waits for all older
// ones. Transactions of other databases do not: the feed excludes them. PostgreSQL shows the start of other
// users' transactions only to members of pg_read_all_stats.
const LONG_TRANSACTIONS = `
  SELECT since, label, count(*) OVER ()::int AS count
  FROM (SELECT xact_start AS since, 'process ' || pid || coalesce(' (' || nullif(application_name, '') || ')', '') AS label
        FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL AND xact_start < now() - $1 * interval '1 millisecond'
        UNION ALL
        SELECT prepared, 'prepared transaction ' || quote_literal(gid) FROM pg_prepared_xacts
        WHERE database = current_database() AND prepared < now() - $1 * interval '1 millisecond') AS open
  ORDER BY since LIMIT 1`;

// While an old snapshot is in use, no dead row is removed, and each claim has to skip all entries that were
// completed since. Transactions that write belong to FEED_HELD_BACK.
const OLD_SNAPSHOTS = `
  SELECT since, label, count(*) OVER ()::int AS count
  FROM (SELECT xact_start AS since, age(backend_xmin) AS transactions,
               'process ' || pid || coalesce(' (' || nullif(application_name, '') || ')', '') AS label
        FROM pg_stat_activity
        WHERE datname = current_database() AND backend_xmin IS NOT NULL AND backend_xid IS NULL
          AND backend_type <> 'autovacuum worker' AND xact_start < now() - $1 * interval '1 millisecond'
        UNION ALL
        SELECT NULL, age(backend_xmin), 'standby of process ' || pid || coalesce(' (' || nullif(application_name, '') || ')', '')
        FROM pg_stat_activity WHERE backend_type = 'walsender' AND age(backend_xmin) > ${MOST_TRANSACTIONS}
        UNION ALL
        SELECT NULL, age(xmin), 'replication slot ' || quote_literal(slot_name)
        FROM pg_replication_slots WHERE age(xmin) > ${MOST_TRANSACTIONS}) AS old
  ORDER BY transactions DESC LIMIT 1`;

const freeBytes = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

export const databaseReadings = (
  { FEED_HELD_BACK, SNAPSHOT_OLD, DISK_FULL }: Thresholds,
  embeddedFolder: string | undefined,
): Readings<'FEED_HELD_BACK' | 'SNAPSHOT_OLD' | 'DISK_FULL'> => ({
  FEED_HELD_BACK: (db) => db.query(LONG_TRANSACTIONS, [FEED_HELD_BACK]),
  SNAPSHOT_OLD: (db) => db.query(OLD_SNAPSHOTS, [SNAPSHOT_OLD]),
  async DISK_FULL() {
    const isFull = embeddedFolder !== undefined && (await freeBytes(embeddedFolder)) < DISK_FULL;
    return isFull ? [{ since: null, least: DISK_FULL }] : [];
  },
});
