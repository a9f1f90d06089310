/** Reads which circuits to identity providers have been open for too long. */
import type { Thresholds } from '../../config/alerts.ts';
import { LIMIT, type Readings } from '../alert-rule.ts';

/**
 * Only providers that a living node uses: after a change of provider the row of the former stays,
 * with no one to probe it. While nodes are restarted one by one, both are in use.
 */
export const IN_USE = `provider IN (SELECT node.provider FROM auth.server_nodes AS node WHERE node.state <> 'gone')`;

// A circuit that was opened manually has no cause, and the threshold of a pause.
const OPEN = `
  SELECT provider AS key, provider, state = 'half_open' AS "isHalfOpen", cause, coalesce(opened_at, updated_at) AS since
  FROM auth.identity_circuits
  WHERE state <> 'closed' AND ${IN_USE}
    AND coalesce(opened_at, updated_at) < now() - CASE WHEN cause IS NULL THEN $2::float8 ELSE $1::float8 END * interval '1 millisecond'
  ORDER BY provider ${LIMIT}`;

export const circuitReadings = ({ CIRCUIT_OPEN, QUEUE_PAUSED }: Thresholds): Readings<'CIRCUIT_OPEN'> => ({
  CIRCUIT_OPEN: (db) => db.query(OPEN, [CIRCUIT_OPEN, QUEUE_PAUSED]),
});
