/** Operations on the identity provider in the API: opening and closing the circuit, and checking the connection. */

import { builder } from '../graphql/builder.ts';
import { reasonText } from '../graphql/fields.ts';
import { InvalidInputError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import { closeCircuit, openCircuit } from './circuit-control.ts';
import { Check, providerStatus, Status } from './identity.graphql.ts';
import type { CheckResult } from './zitadel-check.ts';

const OpenInput = builder.inputType('OpenCircuitInput', {
  description: 'Why to open the circuit, and for how long.',
  fields: (t) => ({
    reason: t.string({
      required: true,
      description: 'Why, for other operators; 1 to 500 characters.',
      validate: reasonText.trim().min(1, 'is needed'),
    }),
    until: t.field({
      type: 'DateTime',
      description: 'When probes begin; left out: the circuit stays open until closeCircuit.',
    }),
  }),
});
interface Why {
  readonly reason?: string | null;
}
const whyInput = (name: string) =>
  builder.inputRef<Why>(name).implement({
    description: 'Why.',
    fields: (t) => ({
      reason: t.reason('Why, for the audit trail; at most 500 characters.'),
    }),
  });
const CloseInput = whyInput('CloseCircuitInput');
const CheckInput = whyInput('CheckIdentityProviderInput');
const payload = (name: string, description: string) =>
  builder.objectRef<{ isChanged: boolean }>(name).implement({
    description,
    fields: (t) => ({
      identityProvider: t.field({
        type: Status,
        description: 'The provider with its circuit as it is now.',
        resolve: (_payload, _args, ctx) => providerStatus(ctx),
      }),
      isChanged: t.flag('isChanged', 'False if nothing changed.'),
    }),
  });
const CheckPayload = builder.objectRef<{ check: CheckResult | null }>('CheckIdentityProviderPayload').implement({
  description: 'The provider was checked.',
  fields: (t) => ({
    check: t.expose('check', {
      type: Check,
      nullable: true,
      description: 'The result of the check; null if the server stopped before it.',
    }),
    identityProvider: t.field({
      type: Status,
      description: 'The provider as it is now.',
      resolve: (_payload, _args, ctx) => providerStatus(ctx),
    }),
  }),
});
const OpenPayload = payload('OpenCircuitPayload', 'The circuit is open.');
const ClosePayload = payload('CloseCircuitPayload', 'The circuit is closed, and the workers continue.');

builder.mutationFields((t) => ({
  openCircuit: t.field({
    type: OpenPayload,
    nullable: true,
    description: 'Stops all attempts, for example before maintenance of the identity provider.',
    args: {
      input: t.arg({ type: OpenInput, required: true, description: 'Why to open the circuit, and for how long.' }),
    },
    errors: { types: [InvalidInputError] },
    resolve: (_root, { input }, ctx) => openCircuit(ctx, { ...input, reason: input.reason.trim() }),
  }),
  checkIdentityProvider: t.field({
    type: CheckPayload,
    nullable: true,
    description:
      'Checks the identity provider now, from the node that answers, for example after you replaced a token. If the check finds a wrong configuration, the circuit opens. A successful check does not close the circuit: the next probe or closeCircuit does.',
    args: { input: t.arg({ type: CheckInput, required: true, description: 'Why.' }) },
    errors: { types: [InvalidInputError] },
    resolve: (_root, { input }, ctx) => checkProvider(ctx, input),
  }),
  closeCircuit: t.field({
    type: ClosePayload,
    nullable: true,
    description: 'Continues attempts, for example after you replaced a wrong token.',
    args: { input: t.arg({ type: CloseInput, required: true, description: 'Why.' }) },
    errors: { types: [InvalidInputError] },
    resolve: (_root, { input }, ctx) => closeCircuit(ctx, input),
  }),
}));

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
