/**
 * Nodes: each running server process is a row that it keeps fresh. One that stopped beating is
 * shown as gone; what it held is taken over when its leases end, by those and not by this.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database, Queryable } from '../database/database.ts';
import type { NodeState } from '../database/generated/prisma/enums.ts';
import type { Logger } from '../telemetry/logger.ts';

/** A node that missed so many beats is gone. */
export const MISSED_BEATS = 3;

export interface NodeIdentity {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

/** Writes this process's row; the id is new for every process, also under the same name. */
export async function registerNode(db: Queryable, name: string, version: string): Promise<NodeIdentity> {
  const id = randomUUID();
  await db.query(
    `INSERT INTO auth.server_nodes (id, name, version, state, host_name, process_id) VALUES ($1, $2, $3, 'starting', $4, $5)`,
    [id, name, version, hostname(), process.pid],
  );
  return { id, name, version };
}

/** Says what the node is about, and that it lives. */
export async function setNodeState(db: Queryable, id: string, state: NodeState): Promise<void> {
  await db.query('UPDATE auth.server_nodes SET state = $2::auth.node_state, last_beat_at = now() WHERE id = $1', [
    id,
    state,
  ]);
}

export interface HeartbeatOptions {
  readonly db: Database;
  readonly nodeId: string;
  readonly intervalMs: number;
  readonly logger: Logger;
  /** After each beat: leases of nodes that stopped beating may have run out. */
  onBeat(): Promise<void>;
}

/**
 * Beats until it is stopped; one beat at a time. Nodes that missed three beats are marked as gone.
 */
export function startHeartbeat({ db, nodeId, intervalMs, logger, onBeat }: HeartbeatOptions): { stop(): void } {
  let isBeating = false;
  const beat = async (): Promise<void> => {
    await db.query('UPDATE auth.server_nodes SET last_beat_at = now() WHERE id = $1', [nodeId]);
    await db.query(
      `UPDATE auth.server_nodes SET state = 'gone'
       WHERE state <> 'gone' AND last_beat_at < now() - $1 * interval '1 millisecond'`,
      [MISSED_BEATS * intervalMs],
    );
    await onBeat();
  };
  const timer = setInterval(() => {
    if (isBeating) return;
    isBeating = true;
    beat()
      .catch((error: unknown) => logger.warn({ err: error }, 'A heartbeat failed'))
      .finally(() => {
        isBeating = false;
      });
  }, intervalMs);
  return { stop: () => clearInterval(timer) };
}
