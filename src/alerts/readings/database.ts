/** Alerts over the database itself: a transaction that holds live updates back, an old snapshot, a full disk. */
import { statfs } from 'node:fs/promises';
import { type AlertRule, type Finding, findingsOf, type Thresholds } from '../alert-rule.ts';
import { at, inBytes, inWords } from '../wording.rules.ts';

// Only one that has written has an id, and holds back whoever waits for all that came before. Those
// of other databases do not: the feed tells them apart. Of other users' sessions PostgreSQL tells
// the beginning only to members of pg_read_all_stats.
const LONG_TRANSACTIONS = `
  SELECT since, label, count(*) OVER ()::int AS count
  FROM (SELECT xact_start AS since, 'process ' || pid || coalesce(' (' || nullif(application_name, '') || ')', '') AS label
        FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL AND xact_start < now() - $1 * interval '1 millisecond'
        UNION ALL
        SELECT prepared, 'the prepared transaction ' || quote_literal(gid) FROM pg_prepared_xacts
        WHERE database = current_database() AND prepared < now() - $1 * interval '1 millisecond') AS open
  ORDER BY since LIMIT 1`;

interface TransactionRow {
  readonly since: Date;
  readonly label: string;
  readonly count: number;
}

const transactionFinding = ({ since, label, count }: TransactionRow): Finding => ({
  groupKey: '',
  subject: { kind: 'database', key: null },
  count,
  since,
  summary: `A transaction of ${label} has been open since ${at(since)}: live updates wait for its end.`,
  advice:
    'Whoever began it should end it. If nobody will: pg_terminate_backend with the number of its process, or ROLLBACK PREPARED.',
  cure: null,
});

/** A slot or a standby is known by the transactions since its snapshot, and not by its age. */
const MOST_TRANSACTIONS = 1_000_000;

// As long as somebody may still look at rows as they were, no dead row is removed, and each claim steps
// over all that were settled meanwhile. Of those that write FEED_HELD_BACK tells.
const OLD_SNAPSHOTS = `
  SELECT since, label, count(*) OVER ()::int AS count
  FROM (SELECT xact_start AS since, age(backend_xmin) AS transactions,
               'process ' || pid || coalesce(' (' || nullif(application_name, '') || ')', '') AS label
        FROM pg_stat_activity
        WHERE datname = current_database() AND backend_xmin IS NOT NULL AND backend_xid IS NULL
          AND backend_type <> 'autovacuum worker' AND xact_start < now() - $1 * interval '1 millisecond'
        UNION ALL
        SELECT NULL, age(backend_xmin), 'the standby of process ' || pid || coalesce(' (' || nullif(application_name, '') || ')', '')
        FROM pg_stat_activity WHERE backend_type = 'walsender' AND age(backend_xmin) > ${MOST_TRANSACTIONS}
        UNION ALL
        SELECT NULL, age(xmin), 'the replication slot ' || quote_literal(slot_name)
        FROM pg_replication_slots WHERE age(xmin) > ${MOST_TRANSACTIONS}) AS old
  ORDER BY transactions DESC LIMIT 1`;

const snapshotFinding = ({ since, label, count }: Omit<TransactionRow, 'since'> & { since: Date | null }): Finding => ({
  groupKey: '',
  subject: { kind: 'database', key: null },
  count,
  since,
  summary: `${label.charAt(0).toUpperCase()}${label.slice(1)} has held an old snapshot${since === null ? '' : ` since ${at(since)}`}: rows that are gone cannot be removed, and claims get slower.`,
  advice:
    'End the session (pg_terminate_backend with the number of its process), or drop the slot if its standby is gone (pg_drop_replication_slot). Read with shorter transactions, or from a standby.',
  cure: null,
});

const diskFinding = (least: number): Finding => ({
  groupKey: '',
  subject: { kind: 'database', key: null },
  count: 1,
  since: null,
  summary: `The disk of the embedded database has less than ${inBytes(least)} left.`,
  advice: 'Make room on it, or shorten the retention settings.',
  cure: null,
});

async function hasLess(folder: string, bytes: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < bytes;
}

export const databaseRules = (
  { FEED_HELD_BACK, SNAPSHOT_OLD, DISK_FULL }: Thresholds,
  embeddedFolder: string | undefined,
): AlertRule[] => [
  {
    name: 'FEED_HELD_BACK',
    severity: 'warning',
    description: 'A transaction stays open, and no live update is sent before it ends. It is over when it has.',
    looksAt: 'Open and prepared transactions that have written something, in this database.',
    threshold: `open for longer than ${inWords(FEED_HELD_BACK)}`,
    find: async (db) =>
      findingsOf(await db.query<TransactionRow>(LONG_TRANSACTIONS, [FEED_HELD_BACK]), transactionFinding),
  },
  {
    name: 'SNAPSHOT_OLD',
    severity: 'warning',
    description:
      'Somebody reads in one transaction for long, or a standby or slot lags behind: nothing that is gone can be removed meanwhile, and the queue gets slower. It is over when the snapshot is given up.',
    looksAt: 'Open transactions in this database that have written nothing; standbys and replication slots.',
    threshold: `open for longer than ${inWords(SNAPSHOT_OLD)}, or more than ${MOST_TRANSACTIONS.toLocaleString('en-GB')} transactions old`,
    find: async (db) =>
      findingsOf(await db.query<Parameters<typeof snapshotFinding>[0]>(OLD_SNAPSHOTS, [SNAPSHOT_OLD]), snapshotFinding),
  },
  {
    name: 'DISK_FULL',
    severity: 'critical',
    description:
      'The disk of the embedded database is nearly full: with none left nothing can be stored. It is over when there is room.',
    looksAt: 'The disk that holds the embedded database; nothing with a database of one’s own.',
    threshold: `less than ${inBytes(DISK_FULL)} left`,
    async find() {
      const isLow = embeddedFolder !== undefined && (await hasLess(embeddedFolder, DISK_FULL));
      return { findings: isLow ? [diskFinding(DISK_FULL)] : [], isComplete: true };
    },
  },
];
