/** Operations on the identity provider in the API: opening and closing the circuit, and checking the connection. */
import { mutation, type PayloadFields } from '../graphql/mutation.ts';
import type { Context } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import { closeCircuit, openCircuit } from './circuit-control.ts';
import { Check, providerStatus, Status } from './identity.graphql.ts';
import type { CheckResult } from './zitadel-check.ts';

const providerNow = <Payload extends object>(t: PayloadFields<Payload>) =>
  t.field({
    type: Status,
    description: 'The provider with its circuit as it is now.',
    resolve: (_payload, _args, ctx) => providerStatus(ctx),
  });

mutation('openCircuit', {
  description: 'Stops all attempts, for example before maintenance of the identity provider.',
  input: {
    description: 'Why to open the circuit, and for how long.',
    fields: (t) => ({
      reason: t.neededReason('Why, for other operators; 1 to 500 characters.'),
      until: t.instant('When probes begin; left out: the circuit stays open until closeCircuit.'),
    }),
  },
  resolve: (ctx, input) => openCircuit(ctx, { ...input, reason: input.reason.trim() }),
  payload: {
    description: 'The circuit is open.',
    fields: (t) => ({ identityProvider: providerNow(t), isChanged: t.flag('isChanged', 'False if nothing changed.') }),
  },
});

mutation('closeCircuit', {
  description: 'Continues attempts, for example after you replaced a wrong token.',
  input: { description: 'Why you close the circuit.', fields: (t) => ({ reason: t.reason() }) },
  resolve: (ctx, input) => closeCircuit(ctx, input),
  payload: {
    description: 'The circuit is closed, and the workers continue.',
    fields: (t) => ({ identityProvider: providerNow(t), isChanged: t.flag('isChanged', 'False if nothing changed.') }),
  },
});

mutation('checkIdentityProvider', {
  description:
    'Checks the identity provider now, from the node that answers, for example after you replaced a token. If the check finds a wrong configuration, the circuit opens. A successful check does not close the circuit: the next probe or closeCircuit does.',
  input: { description: 'Why you check it now.', fields: (t) => ({ reason: t.reason() }) },
  resolve: (ctx, input) => checkProvider(ctx, input),
  payload: {
    description: 'The provider was checked.',
    fields: (t) => ({
      check: t.expose('check', {
        type: Check,
        nullable: true,
        description: 'The result of the check; null if the server stopped before it.',
      }),
      identityProvider: providerNow(t),
    }),
  },
});

/**
 * Checks the provider from this node and returns the result; null when the server stops in the meantime. A
 * configuration error that was not known opens the circuit.
 */
export async function checkProvider(
  ctx: Context,
  { reason }: { readonly reason?: string | null },
): Promise<{ check: CheckResult | null }> {
  const check = (await ctx.provider.checkNow?.()) ?? null;
  const after = check === null ? null : { isOk: check.isOk, code: check.code };
  await unit(ctx, async (tx) => tx.happened('providerChecked', { id: ctx.provider.name, reason, after }));
  return { check };
}
