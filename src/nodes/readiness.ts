/** Whether a node is ready: it accepts requests, and its database, schema and keys are usable. */
import type { Database } from '../database/database.ts';
import { hasNewestMigration } from '../database/migrations.ts';
import { isUnavailable } from '../database/unavailable.ts';
import type { ReadinessCheck } from '../http/readiness.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
import { isRegistered } from './nodes.ts';

interface Checked {
  readonly db: Database;
  readonly keyRing: KeyRing;
  readonly nodeId: string;
  /** Why the node does not accept requests, yet or any more. */
  phase(): string | undefined;
  /** Why the last heartbeat could not be written. */
  trouble(): string | undefined;
}

/** The checks of `GET /health/ready`: each returns what is wrong, or undefined. */
export function readinessChecks({ db, keyRing, nodeId, phase, trouble }: Checked): ReadinessCheck[] {
  return [
    { name: 'node', check: async () => phase() },
    {
      name: 'database',
      // Checks reads here and writes by the heartbeat: a standby or a full disk cannot be written to.
      check: () =>
        isRegistered(db.reading, nodeId).then(
          (is) => (is ? trouble() : 'does not have this node, which registers again at its next heartbeat'),
          () => 'cannot be reached',
        ),
    },
    {
      name: 'migrations',
      check: () =>
        hasNewestMigration(db.reading).then(
          (has) => (has ? undefined : 'are not applied'),
          () => 'cannot be read',
        ),
    },
    {
      name: 'masterKey',
      check: () =>
        keyRing.refresh().then(
          () => undefined,
          (error: unknown) => (isUnavailable(error) ? 'cannot be checked' : 'does not open the key ring'),
        ),
    },
  ];
}
