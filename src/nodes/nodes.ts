/**
 * Nodes: each running server process is a row that it keeps fresh. One that stopped beating is
 * shown as gone; what it held is taken over when its leases end, by those and not by this.
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
 * Writes this process's row; the id is new for every process, also under the same name. `id` is given
 * where the process has one, and the row was lost.
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

/** Whether the node has its row: a restore under running nodes takes them away. */
export async function isRegistered(db: Queryable, id: string): Promise<boolean> {
  return (await db.query('SELECT 1 FROM auth.server_nodes WHERE id = $1', [id])).length > 0;
}

/** Says which identity provider the node makes accounts at. */
export async function announceProvider(db: Queryable, id: string, provider: string): Promise<void> {
  await db.query('UPDATE auth.server_nodes SET provider = $2 WHERE id = $1', [id, provider]);
}

/** Says what the node is about, and that it lives. */
export async function setNodeState(db: Queryable, id: string, state: NodeState): Promise<void> {
  await db.query(
    'UPDATE auth.server_nodes SET state = $2::auth.node_state, last_beat_at = now(), lost_at = NULL WHERE id = $1',
    [id, state],
  );
}

/** Takes back a registration: the process did not come as far as to work. */
export async function removeNode(db: Queryable, id: string): Promise<void> {
  await db.query('DELETE FROM auth.server_nodes WHERE id = $1', [id]);
}

/**
 * The ids of the nodes that have not said so, but are gone: silent for `silenceMs` by the
 * database's clock. True also when no other node is there to write it down. One statement for all
 * nodes of an answer.
 */
export const loadSilentNodes = shareReading(async (db: Queryable, silenceMs: number): Promise<ReadonlySet<string>> => {
  const silent = await db.query<{ id: string }>(
    `SELECT id FROM auth.server_nodes WHERE state <> 'gone' AND NOT ${isHeard('$1')}`,
    [silenceMs],
  );
  return new Set(silent.map(({ id }) => id));
});
