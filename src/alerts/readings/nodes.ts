/** The query for nodes that are gone without having been stopped. */
import type { Thresholds } from '../../config/alerts.ts';
import { REPLACED_NODE_MS } from '../../diagnosis/system-conditions.ts';
import { LIMIT, type Readings } from '../alert-rule.ts';

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

export const nodeReadings = ({ NODE_GONE }: Thresholds): Readings<'NODE_GONE'> => ({
  NODE_GONE: (db) => db.query(LOST, [NODE_GONE, REPLACED_NODE_MS]),
});
