/** The built-in simulator in the API: what it plays, and ordering that, to see the server deal with it. */
import { z } from 'zod';
import type { SimulatorFault } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { InvalidInputError, InvalidStateError } from '../../refusals.ts';
import { type FaultOrderRow, loadFaultOrder } from './fault-order.ts';
import { type FaultSet, setSimulatorFault } from './set-fault.ts';

const delay = z.int().min(1, 'is at least 1').max(60, 'is at most 60').nullish();

const FaultRef = enumOf<SimulatorFault>('SimulatorFault', 'What can be made to go wrong.', {
  none: 'Nothing: accounts are made.',
  unavailable: 'Every call is answered with 503, as while Zitadel or the proxy before it is down.',
  invalid_token: 'Every call is answered with 401, as if the token had been withdrawn.',
  invalid_username: 'Every account is refused for good, as one whose username is not allowed.',
  slow: 'Every call takes longer by the delay; with a longer one than PROVIDER_TIMEOUT its outcome is not known.',
});
const Simulator = builder.objectRef<FaultOrderRow>('Simulator').implement({
  description: 'The identity provider that is built in, to try things out: one for each node, all with the same fault.',
  fields: (t) => ({
    fault: t.expose('fault', { type: FaultRef, description: 'What it is made to do wrong.' }),
    delay: t.expose('delayMs', {
      type: 'Duration',
      nullable: true,
      description: 'By how much each call takes longer; null unless SLOW.',
    }),
    reason: t.textOrNull('reason', 'Why; null where nobody said.'),
    changedBy: t.textOrNull('changedBy', 'Who ordered it; null if nobody has yet.'),
    changedAt: t.atOrNull('changedAt', 'Since when it is so; null if nobody has ordered anything yet.'),
  }),
});
builder.queryField('simulator', (t) =>
  t.field({
    type: Simulator,
    nullable: true,
    description: 'The built-in simulator; null where accounts are made elsewhere.',
    resolve: (_root, _args, { provider, reading }) => (provider.name === 'simulator' ? loadFaultOrder(reading) : null),
  }),
);

const Input = builder.inputType('SetSimulatorFaultInput', {
  description: 'What is to go wrong from now on.',
  fields: (t) => ({
    fault: t.field({ type: FaultRef, required: true, description: 'What; NONE mends it.' }),
    delaySeconds: t.int({
      description: 'With SLOW: by how much each call takes longer, 1 to 60; left out: 3.',
      validate: delay,
    }),
    reason: t.reason(),
  }),
});
const Payload = builder.objectRef<FaultSet>('SetSimulatorFaultPayload').implement({
  description: 'It is ordered: the simulator of every node does so within a quarter of a second.',
  fields: (t) => ({
    simulator: t.expose('simulator', { type: Simulator, description: 'The simulator as it is now.' }),
    isChanged: t.flag('isChanged', 'False if it was so already.'),
  }),
});
builder.mutationField('setSimulatorFault', (t) =>
  t.field({
    type: Payload,
    nullable: true,
    description:
      'Breaks the built-in simulator, or mends it, on every node and over restarts. A circuit that opened over it closes when a probe succeeds, or by hand.',
    args: { input: t.arg({ type: Input, required: true, description: 'What.' }) },
    errors: { types: [InvalidInputError, InvalidStateError] },
    resolve: (_root, { input }, ctx) => setSimulatorFault(ctx, input),
  }),
);
