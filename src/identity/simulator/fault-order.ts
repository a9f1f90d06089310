/**
 * The fault that operators set on the simulator: one at a time, for every node, until it is turned
 * off. It is stored in the database, because each node has its own simulator and a restart must not
 * turn off a fault that was set on purpose.
 */
import type { Queryable } from '../../database/database.ts';
import type { SimulatorFault } from '../../database/generated/prisma/enums.ts';
import type { Fault, SimulatedCall } from './faults.ts';

export interface FaultOrdered {
  readonly fault: SimulatorFault;
  /** Only for `slow`. */
  readonly delayMs: number | null;
}

export interface FaultOrderRow extends FaultOrdered {
  readonly reason: string | null;
  readonly changedBy: string | null;
  readonly changedAt: Date | null;
}

/** How long a node uses what it last read. */
const MAX_AGE_MS = 250;

const COLUMNS = 'fault, delay_ms AS "delayMs", reason, changed_by AS "changedBy", changed_at AS "changedAt"';

const NONE: FaultOrderRow = { fault: 'none', delayMs: null, reason: null, changedBy: null, changedAt: null };

/** The current fault. */
export async function loadFaultOrder(db: Queryable): Promise<FaultOrderRow> {
  const [row] = await db.query<FaultOrderRow>(`SELECT ${COLUMNS} FROM identity_simulator.fault_order`);
  return row ?? NONE;
}

/** Returns the fault that is set for a call; reads the database at most four times a second. */
export function createFaultOrderReader(db: Queryable): (call: SimulatedCall) => Promise<Fault | undefined> {
  let reading: Promise<FaultOrdered> = Promise.resolve(NONE);
  let readAt = Number.NEGATIVE_INFINITY;
  return async ({ path }) => {
    if (performance.now() - readAt > MAX_AGE_MS) {
      readAt = performance.now();
      const former = reading;
      // Without the database the last known fault stays; if the call itself needs the database, it reports the
      // problem.
      reading = loadFaultOrder(db).catch(() => former);
    }
    return faultOf(await reading, path);
  };
}

function faultOf({ fault, delayMs }: FaultOrdered, path: SimulatedCall['path']): Fault | undefined {
  switch (fault) {
    case 'none':
      return undefined;
    case 'unavailable':
      return { kind: '503' };
    case 'invalid_token':
      return { kind: '401' };
    case 'invalid_username':
      return path === 'create'
        ? { kind: 'error', code: 'invalid_argument', errorId: 'SIMUL-2', text: 'Username is not allowed' }
        : undefined;
    case 'slow':
      return { kind: 'slow', delayMs: delayMs ?? 0 };
  }
}
