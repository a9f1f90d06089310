/** The alert over nodes: one fell silent without having stopped. */

import { type AlertRule, type Finding, findingsOf, type Thresholds } from '../alert-rule.ts';
import { at, counted, inWords } from '../wording.rules.ts';

/** A node that was started again at once is told of all the same, so that one that keeps crashing is seen. */
const TOLD_FOR_MS = 5 * 60_000;

// By server_nodes_lost_at_idx. Hosts, not names: a name that was not set is new for every process.
const LOST = `
  SELECT lost.host_name AS host, count(*)::int AS count, min(lost.last_beat_at) AS since,
         (array_agg(lost.id::text ORDER BY lost.lost_at DESC))[1] AS "nodeId",
         (array_agg(lost.name ORDER BY lost.lost_at DESC))[1] AS name,
         bool_and(lost.is_replaced) AS "isReplaced"
  FROM (SELECT node.*, EXISTS (SELECT FROM auth.server_nodes AS next
                               WHERE (next.host_name = node.host_name OR next.name = node.name)
                                 AND next.state IN ('starting', 'running') AND next.started_at > node.last_beat_at) AS is_replaced
        FROM auth.server_nodes AS node
        WHERE node.lost_at > now() - $1 * interval '1 millisecond'
        ORDER BY node.lost_at DESC LIMIT 1000) AS lost
  WHERE NOT lost.is_replaced OR lost.lost_at > now() - $2 * interval '1 millisecond'
  GROUP BY lost.host_name ORDER BY lost.host_name LIMIT 101`;

interface LostRow {
  readonly host: string;
  readonly name: string;
  readonly nodeId: string;
  readonly count: number;
  readonly since: Date;
  readonly isReplaced: boolean;
}

const lostFinding = ({ host, name, nodeId, count, since, isReplaced }: LostRow): Finding => ({
  groupKey: host,
  subject: { kind: 'node', key: nodeId },
  count,
  since,
  summary:
    count === 1
      ? `${name} on ${host} fell silent at ${at(since)} without having stopped.`
      : `${counted(count, 'node')} on ${host} fell silent without having stopped, the last of them ${name}.`,
  advice: isReplaced
    ? 'Another was started in its place. Find in its log, or in that of whoever supervises it, why it ended.'
    : 'See whether its machine and process are there, and start it again. What it held is taken over by the others when its leases end.',
  cure: null,
});

export const nodeRules = ({ NODE_GONE }: Thresholds): AlertRule[] => [
  {
    name: 'NODE_GONE',
    severity: 'warning',
    description: `A node crashed or was cut off: it missed its heartbeats and had neither been stopped nor drained. One alert for each host. It is over when the node is back, ${inWords(TOLD_FOR_MS)} after another has taken its place on that host, or after ${inWords(NODE_GONE)}.`,
    looksAt: 'Nodes that others found silent.',
    threshold: `one node in the last ${inWords(NODE_GONE)}`,
    find: async (db) => findingsOf(await db.query<LostRow>(LOST, [NODE_GONE, TOLD_FOR_MS]), lostFinding),
  },
];
