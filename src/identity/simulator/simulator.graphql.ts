/** The built-in simulator in the API: the fault that it plays, and setting it, to see how the server handles it. */

import { z } from 'zod';
import type { Queryable } from '../../database/database.ts';
import type { SimulatorFault } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { mutation } from '../../graphql/mutation.ts';
import { InvalidInputError, InvalidStateError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { unit } from '../../work/unit.ts';
import { type FaultOrdered, type FaultOrderRow, loadFaultOrder } from './fault-order.ts';

interface SetFault {
  readonly fault: SimulatorFault;
  /** Only with `slow`. */
  readonly delaySeconds?: number | null;
  readonly reason?: string | null;
}

interface FaultSet {
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
async function setSimulatorFault(
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

const delay = z.int().min(1, 'is at least 1').max(60, 'is at most 60').nullish();

const FaultRef = enumOf<SimulatorFault>('SimulatorFault', 'A fault of the simulator.', {
  none: 'None: accounts are created.',
  unavailable: 'Every call gets 503, as if Zitadel or its proxy were down.',
  invalid_token: 'Every call gets 401, as if the token had been revoked.',
  invalid_username: 'Every account is refused permanently, as if its username were not allowed.',
  slow: 'Every call takes longer by the delay. With a delay above PROVIDER_TIMEOUT the outcome of a call is unknown.',
});
const Simulator = builder.objectRef<FaultOrderRow>('Simulator').implement({
  description: 'The built-in identity provider, for trials. All nodes simulate the same fault.',
  fields: (t) => ({
    fault: t.expose('fault', { type: FaultRef, description: 'Its fault.' }),
    delay: t.durationOrNull('delayMs', 'How much longer each call takes; null unless SLOW.'),
    reason: t.textOrNull('reason', 'Why; null if no reason was given.'),
    changedBy: t.textOrNull('changedBy', 'Who set the fault; null if no one has yet.'),
    changedAt: t.atOrNull('changedAt', 'When the fault was set; null if no one has set one yet.'),
  }),
});
builder.queryField('simulator', (t) =>
  t.field({
    type: Simulator,
    nullable: true,
    description: 'The built-in simulator; null if another identity provider is used.',
    resolve: (_root, _args, { provider, reading }) => (provider.name === 'simulator' ? loadFaultOrder(reading) : null),
  }),
);

mutation('setSimulatorFault', {
  description:
    'Turns a fault of the built-in simulator on or off, on every node and across restarts. A circuit that opened because of it closes when a probe succeeds, or by hand.',
  refusals: [InvalidStateError],
  input: {
    description: 'The fault to simulate from now on.',
    fields: (t) => ({
      fault: t.field({ type: FaultRef, required: true, description: 'The fault; NONE turns it off.' }),
      delaySeconds: t.int({
        description: 'With SLOW: how much longer each call takes, 1 to 60; left out: 3.',
        validate: delay,
      }),
      reason: t.reason(),
    }),
  },
  resolve: (ctx, input) => setSimulatorFault(ctx, input),
  payload: {
    description: 'The fault is set; every node simulates it within a quarter of a second.',
    fields: (t) => ({
      simulator: t.expose('simulator', { type: Simulator, description: 'The simulator as it is now.' }),
      isChanged: t.flag('isChanged', 'False if nothing changed.'),
    }),
  },
});
