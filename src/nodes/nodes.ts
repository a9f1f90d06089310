/**
 * Nodes: each running server process has a row that its heartbeats update. A node without heartbeats is
 * shown as gone; its work is taken over when the leases of that work expire, regardless of the node’s
 * state.
 */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isHeard } from '../config/node-silence.ts';
import type { Queryable } from '../database/database.ts';
import type { NodeState } from '../database/generated/prisma/enums.ts';
import { shareReading } from '../database/shared-reading.ts';

export interface NodeIdentity {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

/**
 * Inserts this process’s row; the id is new for every process, even under the same name. Pass `id` to
 * insert the row again after it was lost.
 */
export async function registerNode(
  db: Queryable,
  name: string,
  version: string,
  id: string = randomUUID(),
): Promise<NodeIdentity> {
  await db.query(
    `INSERT INTO auth.server_nodes (id, name, version, state, host_name, process_id, started_at)
     VALUES ($1, $2, $3, 'starting', $4, $5, now() - $6 * interval '1 second') ON CONFLICT DO NOTHING`,
    [id, name, version, hostname(), process.pid, process.uptime()],
  );
  return { id, name, version };
}

/** Whether the node’s row exists: a restore while nodes run removes it. */
export async function isRegistered(db: Queryable, id: string): Promise<boolean> {
  return (await db.query('SELECT 1 FROM auth.server_nodes WHERE id = $1', [id])).length > 0;
}

/** Stores the identity provider at which the node creates accounts. */
export async function announceProvider(db: Queryable, id: string, provider: string): Promise<void> {
  await db.query('UPDATE auth.server_nodes SET provider = $2 WHERE id = $1', [id, provider]);
}

/** Stores the node’s state, and counts as a heartbeat. A node that stores `gone` itself has stopped and was not lost. */
export async function setNodeState(db: Queryable, id: string, state: NodeState): Promise<void> {
  await db.query(
    `UPDATE auth.server_nodes
        SET state = $2::auth.node_state, last_beat_at = now(), lost_at = NULL, stopped_at = CASE WHEN $2 = 'gone' THEN now() END
      WHERE id = $1`,
    [id, state],
  );
}

/** Deletes the node’s row, when the start failed before the node worked. */
export async function removeNode(db: Queryable, id: string): Promise<void> {
  await db.query('DELETE FROM auth.server_nodes WHERE id = $1', [id]);
}

/**
 * Returns the ids of nodes that are gone but not marked as gone: silent for `silenceMs` by the database’s
 * clock. Needed when no other node is running to mark them. One statement for all nodes of a response.
 */
export const loadSilentNodes = shareReading(async (db: Queryable, silenceMs: number): Promise<ReadonlySet<string>> => {
  const silent = await db.query<{ id: string }>(
    `SELECT id FROM auth.server_nodes WHERE state <> 'gone' AND NOT ${isHeard('$1')}`,
    [silenceMs],
  );
  return new Set(silent.map(({ id }) => id));
});
