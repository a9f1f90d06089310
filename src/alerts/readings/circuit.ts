/** The query for circuits to identity providers that have been open for too long. */
import type { Thresholds } from '../../config/alerts.ts';
import { LIMIT, type Readings } from '../alert-rule.ts';

/**
 * Only providers that a live node uses: after a change of provider the former one keeps its row, but no node
 * probes it. During a rolling restart both are in use.
 */
export const IN_USE = `provider IN (SELECT node.provider FROM auth.server_nodes AS node WHERE node.state <> 'gone')`;

// A circuit that was opened manually has no cause; the threshold of a pause applies to it.
const OPEN = `
  SELECT provider AS key, provider, state = 'half_open' AS "isHalfOpen", cause, coalesce(opened_at, updated_at) AS since
  FROM auth.identity_circuits
  WHERE state <> 'closed' AND ${IN_USE}
    AND coalesce(opened_at, updated_at) < now() - CASE WHEN cause IS NULL THEN $2::float8 ELSE $1::float8 END * interval '1 millisecond'
  ORDER BY provider ${LIMIT}`;

export const circuitReadings = ({ CIRCUIT_OPEN, QUEUE_PAUSED }: Thresholds): Readings<'CIRCUIT_OPEN'> => ({
  CIRCUIT_OPEN: (db) => db.query(OPEN, [CIRCUIT_OPEN, QUEUE_PAUSED]),
});
