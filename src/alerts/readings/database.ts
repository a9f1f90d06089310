/** Alerts over the database itself: a transaction that holds the live updates back, a disk that fills up. */
import { statfs } from 'node:fs/promises';
import { type AlertRule, type Finding, findingsOf, type RuleTools } from '../alert-rule.ts';
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

export const databaseRules = ({
  settings: { ALERT_TRANSACTION_AFTER, ALERT_DISK_FREE_BYTES },
  dataDir,
}: RuleTools): AlertRule[] => [
  {
    name: 'FEED_HELD_BACK',
    severity: 'warning',
    description: 'A transaction stays open, and no live update is sent before it ends. It is over when it has.',
    looksAt: 'Open and prepared transactions that have written something, in this database.',
    threshold: `open for longer than ${inWords(ALERT_TRANSACTION_AFTER)}`,
    settings: ['ALERT_TRANSACTION_AFTER'],
    find: async (db) =>
      findingsOf(await db.query<TransactionRow>(LONG_TRANSACTIONS, [ALERT_TRANSACTION_AFTER]), transactionFinding),
  },
  {
    name: 'DISK_FULL',
    severity: 'critical',
    description:
      'The disk of the embedded database is nearly full: with none left nothing can be stored. It is over when there is room.',
    looksAt: 'The disk that holds the embedded database; nothing with a database of one’s own.',
    threshold: `less than ${inBytes(ALERT_DISK_FREE_BYTES)} left`,
    settings: ['ALERT_DISK_FREE_BYTES'],
    async find() {
      const isLow = dataDir !== undefined && (await hasLess(dataDir, ALERT_DISK_FREE_BYTES));
      return { findings: isLow ? [diskFinding(ALERT_DISK_FREE_BYTES)] : [], isComplete: true };
    },
  },
];
