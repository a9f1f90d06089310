/** A node whose row is gone, as after a restore under running nodes, says again all that a start says. */
import type { Database } from '../database/database.ts';
import { ensureCircuit } from '../identity/circuit.ts';
import { announceProvider, type NodeIdentity, registerNode } from '../nodes/nodes.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
import { reportKeys } from '../sealing/key-usage.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface Registered {
  readonly db: Database;
  readonly node: NodeIdentity;
  /** The identity provider's name. */
  readonly provider: string;
  readonly keyRing: KeyRing;
  readonly logger: Logger;
}

/** Writes the node's row again, under the same id, with its provider and its keys; or nothing. */
export async function registerAgain({ db, node, provider, keyRing, logger }: Registered): Promise<void> {
  await db.transaction(async (tx) => {
    await registerNode(tx, node.name, node.version, node.id);
    await announceProvider(tx, node.id, provider);
    await reportKeys(tx, node.id, keyRing);
    await ensureCircuit(tx, provider);
  });
  logger.warn(
    { nodeId: node.id },
    'The database had lost this node’s row, as after a restore: the node is registered again',
  );
}
