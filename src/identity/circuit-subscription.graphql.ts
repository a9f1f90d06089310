/** Watching the circuit of the identity provider. */

import { type ChangeEvent, isAbout } from '../events/changes/change-events.ts';
import type { InterestOf } from '../events/changes/change-stream.ts';
import { registerInterest } from '../events/changes/change-stream.ts';
import { builder } from '../graphql/builder.ts';
import { AFTER, Change } from '../graphql/change-types.ts';
import { loadCircuit } from './circuit.ts';
import { Circuit } from './identity.graphql.ts';

export const interestOf: InterestOf = (_caller, { provider }) => ({
  topic: 'circuit',
  keep: ({ key }) => key === provider.name,
});
const CircuitChange = builder.objectRef<ChangeEvent>('CircuitChange').implement({
  description: 'The circuit opened, let a probe through or closed.',
  interfaces: [Change],
  isTypeOf: isAbout('circuit'),
  fields: (t) => ({
    circuit: t.field({
      type: Circuit,
      nullable: true,
      description: 'The circuit as it stands when the change is told.',
      resolve: ({ key, together }, _args, { provider: { name }, reading }) =>
        together.objectOf('circuit', '', key, async () => new Map([[name, await loadCircuit(reading, name)]])),
    }),
  }),
});
builder.subscriptionFields((t) => ({
  circuitChanged: t.field({
    type: CircuitChange,
    nullable: true,
    description: 'Each change of the circuit of the provider that is in use, once and in order.',
    args: { after: t.arg.string({ description: AFTER }) },
    subscribe: (_root, { after }, ctx) => ctx.feed.subscribe(interestOf(ctx.caller, ctx), after),
    resolve: (change) => change,
  }),
}));

registerInterest('circuit', interestOf);
