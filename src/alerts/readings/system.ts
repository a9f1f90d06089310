/** The queries for alerts about the system: nodes, events and webhooks, credentials and the database. */
import { statfs } from 'node:fs/promises';
import type { Thresholds } from '../../config/alerts.ts';
import { MOST_TRANSACTIONS, REPLACED_NODE_MS } from '../../diagnosis/system-conditions.ts';
import { LIMIT, type ReadCode, type Readings } from '../alert-rule.ts';
import type { WorkCode } from './work.ts';

// Uses server_nodes_lost_at_idx. Grouped by host, not by name: a name that is not configured differs for every
// process.
const LOST = `
  SELECT lost.host_name AS key, lost.host_name AS host, count(*)::int AS count, min(lost.last_beat_at) AS since,
         (array_agg(lost.id::text ORDER BY lost.lost_at DESC))[1] AS "subjectKey",
         (array_agg(lost.name ORDER BY lost.lost_at DESC))[1] AS name,
         bool_and(lost.is_replaced) AS "isReplaced"
  FROM (SELECT node.*, EXISTS (SELECT FROM auth.server_nodes AS next
                               WHERE (next.host_name = node.host_name OR next.name = node.name)
                                 AND next.state IN ('starting', 'running') AND next.started_at > node.last_beat_at) AS is_replaced
        FROM auth.server_nodes AS node
        WHERE node.lost_at > now() - $1 * interval '1 millisecond'
        ORDER BY node.lost_at DESC LIMIT 1000) AS lost
  WHERE NOT lost.is_replaced OR lost.lost_at > now() - $2 * interval '1 millisecond'
  GROUP BY lost.host_name ORDER BY lost.host_name ${LIMIT}`;

const MOST_COUNTED = 10_000;

// In the order of outbox_events_pending_idx: the oldest is among the first, except after a late commit.
const WAITING = `
  SELECT min(greatest(created_at, redelivered_at)) AS since, count(*)::int AS count, count(*) >= $2 AS "isCut"
  FROM (SELECT created_at, redelivered_at FROM auth.outbox_events
        WHERE processed_at IS NULL AND parked_at IS NULL ORDER BY sequence LIMIT $2) AS waiting
  HAVING min(greatest(created_at, redelivered_at)) < now() - $1 * interval '1 millisecond'`;

const PARKED = `
  SELECT count(*)::int AS count, count(*) >= $1 AS "isCut", min(parked_at) AS since, (array_agg(event_id::text ORDER BY parked_at))[1] AS "subjectKey"
  FROM (SELECT event_id, parked_at FROM auth.outbox_events WHERE parked_at IS NOT NULL ORDER BY parked_at LIMIT $1) AS parked
  HAVING count(*) > 0`;

// For each active webhook: since when it accepts nothing, or else its oldest pending delivery (by
// webhook_deliveries_status_idx), because it may accept all others but never that one.
const FAILING_WEBHOOKS = `
  SELECT webhook.id::text AS key, failing.is_long AS "isFailing",
         CASE WHEN failing.is_long THEN webhook.failing_since ELSE oldest.since END AS since, pending.count, pending.count >= $2 AS "isCut"
  FROM auth.webhooks AS webhook
  CROSS JOIN LATERAL (SELECT coalesce(webhook.failing_since < now() - $1 * interval '1 millisecond', false) AS is_long) AS failing
  LEFT JOIN LATERAL (SELECT greatest(created_at, redelivered_at, webhook.state_changed_at) AS since FROM auth.webhook_deliveries
                     WHERE webhook_id = webhook.id AND status = 'pending' ORDER BY position LIMIT 1) AS oldest ON true
  CROSS JOIN LATERAL (SELECT count(*)::int AS count
                      FROM (SELECT FROM auth.webhook_deliveries
                            WHERE webhook_id = webhook.id AND status = 'pending' LIMIT $2) AS these) AS pending
  WHERE webhook.state = 'active'
    AND (failing.is_long OR oldest.since < now() - $1 * interval '1 millisecond')
  ORDER BY webhook.id ${LIMIT}`;

const DISABLED_WEBHOOKS = `
  SELECT id::text AS key, disabled_at AS since FROM auth.webhooks
  WHERE state = 'disabled' ORDER BY id ${LIMIT}`;

const OLD_KEYS = `
  SELECT id::text AS key, activated_at AS since FROM auth.data_protection_keys
  WHERE purpose = 'seal' AND superseded_at IS NULL AND retired_at IS NULL
    AND activated_at < now() - $1 * interval '1 millisecond'
  ORDER BY activated_at, id ${LIMIT}`;

// A token is left out if another one of the same name outlives it.
const EXPIRING_TOKENS = `
  SELECT id::text AS key, name, role::text AS role, family_id AS "familyId",
         (extract(epoch FROM expires_at - now()) * 1000)::float8 AS "expiresInMs",
         greatest(expires_at - $1 * interval '1 millisecond', created_at) AS since
  FROM auth.api_tokens AS token
  WHERE revoked_at IS NULL AND expires_at > now() AND expires_at < now() + $1 * interval '1 millisecond'
    AND NOT EXISTS (SELECT FROM auth.api_tokens AS next
                    WHERE next.name = token.name AND next.revoked_at IS NULL
                      AND (next.expires_at IS NULL OR next.expires_at > token.expires_at))
  ORDER BY expires_at, id ${LIMIT}`;

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

/** `embeddedFolder`: the folder of the embedded database; left out for any other database. */
export const systemReadings = (
  after: Thresholds,
  embeddedFolder: string | undefined,
): Readings<Exclude<ReadCode, WorkCode>> => ({
  NODE_GONE: (db) => db.query(LOST, [after.NODE_GONE, REPLACED_NODE_MS]),
  OUTBOX_STUCK: (db) => db.query(WAITING, [after.OUTBOX_STUCK, MOST_COUNTED]),
  OUTBOX_PARKED: (db) => db.query(PARKED, [MOST_COUNTED]),
  WEBHOOK_STUCK: (db) => db.query(FAILING_WEBHOOKS, [after.WEBHOOK_STUCK, MOST_COUNTED]),
  WEBHOOK_DISABLED: (db) => db.query(DISABLED_WEBHOOKS),
  KEY_OLD: (db) => db.query(OLD_KEYS, [after.KEY_OLD]),
  TOKEN_EXPIRING: (db) => db.query(EXPIRING_TOKENS, [after.TOKEN_EXPIRING]),
  FEED_HELD_BACK: (db) => db.query(LONG_TRANSACTIONS, [after.FEED_HELD_BACK]),
  SNAPSHOT_OLD: (db) => db.query(OLD_SNAPSHOTS, [after.SNAPSHOT_OLD]),
  async DISK_FULL() {
    const isFull = embeddedFolder !== undefined && (await freeBytes(embeddedFolder)) < after.DISK_FULL;
    return isFull ? [{ since: null, least: after.DISK_FULL }] : [];
  },
});
