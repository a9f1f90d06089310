/** Checking the identity provider by hand. */
import type { Context } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import type { CheckResult } from './zitadel-check.ts';

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
