/** Sets or turns off a fault of the built-in simulator. */
import type { Queryable } from '../../database/database.ts';
import type { SimulatorFault } from '../../database/generated/prisma/enums.ts';
import { InvalidInputError, InvalidStateError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { unit } from '../../work/unit.ts';
import { type FaultOrdered, type FaultOrderRow, loadFaultOrder } from './fault-order.ts';

export interface SetFault {
  readonly fault: SimulatorFault;
  /** Only with `slow`. */
  readonly delaySeconds?: number | null;
  readonly reason?: string | null;
}

export interface FaultSet {
  readonly simulator: FaultOrderRow;
  readonly isChanged: boolean;
}

/** Long enough to notice, and well within PROVIDER_TIMEOUT. */
const USUAL_DELAY_S = 3;

const DELAY_OF_NOTHING = {
  path: ['delaySeconds'],
  code: 'NOT_APPLICABLE',
  message: 'Only SLOW takes a delay. Leave it out.',
};

/**
 * Sets the fault of the simulators on all nodes, within a quarter of a second; `none` turns it off. Throws
 * InvalidStateError when another provider is in use, or InvalidInputError.
 */
export async function setSimulatorFault(
  ctx: Context,
  { fault, delaySeconds = null, reason: why }: SetFault,
): Promise<FaultSet> {
  const { name } = ctx.provider;
  if (name !== 'simulator')
    throw new InvalidStateError(
      `This server uses ${name}, and can make nothing go wrong there. Faults are for the built-in simulator (IDENTITY_PROVIDER=simulator).`,
    );
  if (fault !== 'slow' && delaySeconds !== null) throw new InvalidInputError([DELAY_OF_NOTHING]);
  const ordered = { fault, delayMs: fault === 'slow' ? (delaySeconds ?? USUAL_DELAY_S) * 1_000 : null };
  const reason = why?.trim() || null;
  return unit(ctx, async (tx) => {
    const before = await lockFault(tx);
    const isChanged = before.fault !== ordered.fault || before.delayMs !== ordered.delayMs;
    if (isChanged) {
      await tx.query(STORE, [ordered.fault, ordered.delayMs, reason, ctx.caller.name]);
      tx.happened('simulatorFaultSet', { id: name, reason, before: { ...before }, after: ordered });
    }
    return { isChanged, simulator: await loadFaultOrder(tx) };
  });
}

async function lockFault(tx: Queryable): Promise<FaultOrdered> {
  const [row] = await tx.query<FaultOrdered>(
    'SELECT fault, delay_ms AS "delayMs" FROM identity_simulator.fault_order FOR UPDATE',
  );
  return row ?? { fault: 'none', delayMs: null };
}

const STORE = `
  UPDATE identity_simulator.fault_order
  SET fault = $1::identity_simulator.fault, delay_ms = $2, reason = $3, changed_by = $4, changed_at = clock_timestamp()`;
