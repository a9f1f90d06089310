/** The operations behind the API's view of the simulator: seeing what it plays, and ordering that. */
import type { Acts } from '../../access/acts.ts';
import type { Database } from '../../database/database.ts';
import type { SimulatorFault } from '../../database/generated/prisma/enums.ts';
import { InvalidInputError, InvalidStateError } from '../../refusals.ts';
import type { Caller } from '../../work/caller.ts';
import { type FaultOrderRow, loadFaultOrder, storeFaultOrder } from './fault-order.ts';

export interface FaultRequest {
  readonly fault: SimulatorFault;
  readonly delaySeconds: number | null;
  readonly reason: string | null;
}

export interface FaultSet {
  readonly simulator: FaultOrderRow;
  readonly isChanged: boolean;
}

/** Long enough to be seen, and well within PROVIDER_TIMEOUT. */
const USUAL_DELAY_S = 3;

const DELAY_OF_NOTHING = {
  path: ['delaySeconds'],
  code: 'NOT_APPLICABLE',
  message: 'Only SLOW takes a delay. Leave it out.',
};

/** `provider`: the name of the one that is in use. */
export function createSimulatorOperations(db: Database, acts: Acts, provider: string) {
  return {
    /** What is ordered of the simulator; undefined where it is not what is in use. */
    load: async (): Promise<FaultOrderRow | undefined> => (provider === 'simulator' ? loadFaultOrder(db) : undefined),
    /** Orders a fault of the simulators of all nodes, within a quarter of a second, or takes it back. */
    async setFault(caller: Caller, { fault, delaySeconds, reason }: FaultRequest): Promise<FaultSet> {
      if (provider !== 'simulator')
        throw new InvalidStateError(
          `This server uses ${provider}, and can make nothing go wrong there. Faults are for the built-in simulator (IDENTITY_PROVIDER=simulator).`,
        );
      if (fault !== 'slow' && delaySeconds !== null) throw new InvalidInputError([DELAY_OF_NOTHING]);
      const ordered = { fault, delayMs: fault === 'slow' ? (delaySeconds ?? USUAL_DELAY_S) * 1_000 : null };
      return acts.transaction(async (tx, acted) => {
        const { isChanged, before } = await storeFaultOrder(tx, caller.name, ordered, reason);
        const target = { type: 'Simulator', id: 'simulator' };
        if (isChanged)
          acted({ caller, action: 'setSimulatorFault', target, reason, before: { ...before }, after: ordered });
        return { isChanged, simulator: await loadFaultOrder(tx) };
      });
    },
  };
}

export type SimulatorOperations = ReturnType<typeof createSimulatorOperations>;
