/** Watching the circuit of the identity provider. */
import type { ChangeEvent } from '../events/changes/change-events.ts';
import type { ChangeFeed } from '../events/changes/change-feed.ts';
import type { Builder } from '../graphql/builder.ts';
import { AFTER, type ChangeRef } from '../graphql/change-types.ts';
import type { IdentityRefs, IdentityTools } from './identity.graphql.ts';

/** Adds `circuitChanged`. */
export function addCircuitSubscription(
  builder: Builder,
  { feed, tools }: { readonly feed: ChangeFeed; readonly tools: IdentityTools },
  { Circuit }: IdentityRefs,
  Change: ChangeRef,
): void {
  const CircuitChange = builder.objectRef<ChangeEvent>('CircuitChange').implement({
    description: 'The circuit opened, let a probe through or closed.',
    interfaces: [Change],
    fields: (t) => ({
      circuit: t.field({
        type: Circuit,
        nullable: true,
        description: 'The circuit as it stands when the change is told.',
        resolve: ({ key, together }) =>
          together.objectOf('circuit', '', key, async () => new Map([[tools.name, await tools.loadCircuit()]])),
      }),
    }),
  });
  builder.subscriptionFields((t) => ({
    circuitChanged: t.field({
      type: CircuitChange,
      nullable: true,
      description: 'Each change of the circuit of the provider that is in use, once and in order.',
      args: { after: t.arg.string({ description: AFTER }) },
      subscribe: (_root, { after }) =>
        feed.subscribe({ topic: 'circuit', keep: ({ key }) => key === tools.name }, after),
      resolve: (change) => change,
    }),
  }));
}
