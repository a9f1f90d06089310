/** What can be done about the identity provider in the API: its circuit by hand, and a look at it now. */

import { builder } from '../graphql/builder.ts';
import { reasonText } from '../graphql/fields.ts';
import { InvalidInputError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import { closeCircuit, openCircuit } from './circuit-control.ts';
import { Check, providerStatus, Status } from './identity.graphql.ts';
import type { CheckResult } from './zitadel-check.ts';

const OpenInput = builder.inputType('OpenCircuitInput', {
  description: 'Why, and for how long.',
  fields: (t) => ({
    reason: t.string({
      required: true,
      description: 'For those who wonder why nothing moves; 1 to 500 characters.',
      validate: reasonText.trim().min(1, 'is needed'),
    }),
    until: t.field({ type: 'DateTime', description: 'When probing begins; left out: when somebody closes it.' }),
  }),
});
interface Why {
  readonly reason?: string | null;
}
const whyInput = (name: string) =>
  builder.inputRef<Why>(name).implement({
    description: 'Why.',
    fields: (t) => ({
      reason: t.reason('For the record; at most 500 characters.'),
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
        description: 'The provider, with its circuit as it stands now.',
        resolve: (_payload, _args, ctx) => providerStatus(ctx),
      }),
      isChanged: t.flag('isChanged', 'False if it was so already.'),
    }),
  });
const CheckPayload = builder.objectRef<{ check: CheckResult | null }>('CheckIdentityProviderPayload').implement({
  description: 'The provider was looked at.',
  fields: (t) => ({
    check: t.expose('check', {
      type: Check,
      nullable: true,
      description: 'What was found; null if the server ended meanwhile.',
    }),
    identityProvider: t.field({
      type: Status,
      description: 'The provider as it stands now.',
      resolve: (_payload, _args, ctx) => providerStatus(ctx),
    }),
  }),
});
const OpenPayload = payload('OpenCircuitPayload', 'The circuit is open.');
const ClosePayload = payload('CloseCircuitPayload', 'The circuit is closed, and the workers were woken.');

builder.mutationFields((t) => ({
  openCircuit: t.field({
    type: OpenPayload,
    nullable: true,
    description: 'Stops all attempts, for example before maintenance of the identity provider.',
    args: { input: t.arg({ type: OpenInput, required: true, description: 'Why, and for how long.' }) },
    errors: { types: [InvalidInputError] },
    resolve: (_root, { input }, ctx) => openCircuit(ctx, { ...input, reason: input.reason.trim() }),
  }),
  checkIdentityProvider: t.field({
    type: CheckPayload,
    nullable: true,
    description:
      'Looks at the identity provider now, from the node that answers, for example once a token was mended. A wrong configuration that was not known opens the circuit; whether the provider has recovered its probe says, or closeCircuit.',
    args: { input: t.arg({ type: CheckInput, required: true, description: 'Why.' }) },
    errors: { types: [InvalidInputError] },
    resolve: (_root, { input }, ctx) => checkProvider(ctx, input),
  }),
  closeCircuit: t.field({
    type: ClosePayload,
    nullable: true,
    description: 'Lets attempts go on, for example once a wrong token is mended.',
    args: { input: t.arg({ type: CloseInput, required: true, description: 'Why.' }) },
    errors: { types: [InvalidInputError] },
    resolve: (_root, { input }, ctx) => closeCircuit(ctx, input),
  }),
}));

/**
 * Checks the provider from this node, and answers what was found; null when the server ends meanwhile.
 * A wrong configuration that was not known opens the circuit.
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
