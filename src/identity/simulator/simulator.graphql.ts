/** The built-in simulator in the API: the fault that it plays, and setting it, to see how the server handles it. */
import { z } from 'zod';
import type { SimulatorFault } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { mutation } from '../../graphql/mutation.ts';
import { InvalidStateError } from '../../refusals.ts';
import { type FaultOrderRow, loadFaultOrder } from './fault-order.ts';
import { setSimulatorFault } from './set-fault.ts';

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
    delay: t.expose('delayMs', {
      type: 'Duration',
      nullable: true,
      description: 'How much longer each call takes; null unless SLOW.',
    }),
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
