/**
 * What people order to go wrong with the simulator: one fault at a time, for every node, until it is
 * taken back. It is in the database, since each node has a simulator of its own and a restart must
 * not mend what somebody broke on purpose.
 */
import type { Queryable } from '../../database/database.ts';
import type { SimulatorFault } from '../../database/generated/prisma/enums.ts';
import type { Fault, SimulatedCall } from './faults.ts';

export interface FaultOrdered {
  readonly fault: SimulatorFault;
  /** Of `slow` only. */
  readonly delayMs: number | null;
}

export interface FaultOrderRow extends FaultOrdered {
  readonly reason: string | null;
  readonly changedBy: string | null;
  readonly changedAt: Date | null;
}

/** For so long a node goes on by what it read. */
const MAX_AGE_MS = 250;

const COLUMNS = 'fault, delay_ms AS "delayMs", reason, changed_by AS "changedBy", changed_at AS "changedAt"';

const NONE: FaultOrderRow = { fault: 'none', delayMs: null, reason: null, changedBy: null, changedAt: null };

/** The order as it stands. */
export async function loadFaultOrder(db: Queryable): Promise<FaultOrderRow> {
  const [row] = await db.query<FaultOrderRow>(`SELECT ${COLUMNS} FROM identity_simulator.fault_order`);
  return row ?? NONE;
}

/** Answers the fault that a call is to meet by the order; reads that no more than four times a second. */
export function createFaultOrderReader(db: Queryable): (call: SimulatedCall) => Promise<Fault | undefined> {
  let reading: Promise<FaultOrdered> = Promise.resolve(NONE);
  let readAt = Number.NEGATIVE_INFINITY;
  return async ({ path }) => {
    if (performance.now() - readAt > MAX_AGE_MS) {
      readAt = performance.now();
      const former = reading;
      // Without the database nothing new is known; what the call itself needs of it says so.
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
