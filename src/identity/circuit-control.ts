/**
 * What opens and closes the circuit: an operator, a check that finds the configuration wrong, and the results of
 * attempts. Probes in between are not audited.
 */
import type { Config } from '../config/config.ts';
import { aggregateIdOf } from '../events/outbox/aggregate-id.rules.ts';
import { InvalidInputError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { type UnitContext, type UnitTransaction, unit } from '../work/unit.ts';
import { afterResult, type CircuitLimits, type CircuitRow, CLOSED, openedByHand } from './circuit.rules.ts';
import { CIRCUIT, lockCircuit, PROBE_ANSWERED, storeCircuit } from './circuit.ts';
import type { ProviderFailure } from './provider.ts';

const UNTIL_PASSED = {
  path: ['until'],
  code: 'IN_THE_PAST',
  message:
    'This instant has passed. Give a later one, or leave it out to keep the circuit open until it is closed by hand.',
};

/**
 * Opens the circuit; if an operator has already opened it, it takes the new reason and end. Without `until` it
 * stays open until an operator closes it. Throws InvalidInputError for an end in the past.
 */
export const openCircuit = (
  ctx: Context,
  { reason, until = null }: { readonly reason: string; readonly until?: Date | null },
): Promise<{ isChanged: boolean }> =>
  unit(ctx, async (tx) => {
    const { name } = ctx.provider;
    const before = await lockCircuit(tx, name);
    if (until !== null && until <= before.now) throw new InvalidInputError([UNTIL_PASSED]);
    if (before.state === 'open' && before.reason === reason && before.nextProbeAt?.getTime() === until?.getTime())
      return { isChanged: false };
    const opened = openedByHand(before, ctx.caller.name, reason, until, before.now);
    await storeCircuit(tx, name, opened);
    tx.happened('circuitOpenedByHand', {
      ...circuitId(name),
      reason,
      before: { state: before.state, reason: before.reason },
      after: { state: 'open', reason, until: until?.toISOString() ?? null },
      payload: before.state === 'closed' ? openedPayload(name, opened) : null,
    });
    return { isChanged: true };
  });

/** Closes the circuit, which wakes the workers; a closed circuit does not change (`isChanged: false`). */
export const closeCircuit = (
  ctx: Context,
  { reason = null }: { readonly reason?: string | null },
): Promise<{ isChanged: boolean }> =>
  unit(ctx, async (tx) => {
    const { name } = ctx.provider;
    const { state, reason: reasonBefore } = await lockCircuit(tx, name);
    if (state === 'closed') return { isChanged: false };
    await storeCircuit(tx, name, CLOSED, { actor: ctx.caller.name, reason });
    tx.happened('circuitClosedByHand', {
      ...circuitId(name),
      reason,
      before: { state, reason: reasonBefore },
      after: { state: 'closed' },
      payload: { provider: name },
    });
    return { isChanged: true };
  });

type CircuitSettings = Pick<Config, 'CIRCUIT_FAILURE_THRESHOLD' | 'CIRCUIT_PROBE_INTERVAL'>;

/** The settings for when failures open the circuit and when it is probed. */
export const circuitLimits = (config: CircuitSettings): CircuitLimits => ({
  failureThreshold: config.CIRCUIT_FAILURE_THRESHOLD,
  probeIntervalMs: config.CIRCUIT_PROBE_INTERVAL,
});

/**
 * Opens the circuit because a check found the configuration wrong, before any entry fails because of it.
 * Changes nothing unless the circuit is closed.
 */
export const openMisconfigured = (
  ctx: Omit<UnitContext, 'caller'> & { readonly config: CircuitSettings },
  provider: string,
  { code, message }: Pick<ProviderFailure, 'code' | 'message'>,
): Promise<void> =>
  unit({ ...ctx, caller: CIRCUIT }, async (tx) => {
    const before = await lockCircuit(tx, provider);
    if (before.state !== 'closed') return;
    const result = { entryId: '', kind: 'configuration', code, reason: message } as const;
    await changeCircuit(tx, provider, before, afterResult(before, result, before.now, circuitLimits(ctx.config)));
  });

/** Closes the circuit because the probe's account was created. Returns whether the probe was still the current one. */
export const closeAfterProbe = (
  ctx: Omit<UnitContext, 'caller'>,
  provider: string,
  probeToken: string,
): Promise<boolean> =>
  unit({ ...ctx, caller: CIRCUIT }, async (tx) => {
    const before = await lockCircuit(tx, provider);
    if (before.probeToken !== probeToken) return false;
    await changeCircuit(tx, provider, before, CLOSED);
    return true;
  });

/** Stores the locked circuit after results have changed it, within a unit of work whose caller is `CIRCUIT`. */
export async function changeCircuit(
  tx: UnitTransaction,
  provider: string,
  before: CircuitRow,
  after: CircuitRow,
): Promise<void> {
  await storeCircuit(tx, provider, after);
  if (before.state === after.state) return;
  const details = {
    ...circuitId(provider),
    before: { state: before.state, cause: before.cause },
    after: { state: after.state, cause: after.cause },
  };
  if (after.state === 'closed')
    tx.happened('circuitClosed', { ...details, reason: PROBE_ANSWERED, payload: { provider } });
  else if (before.state === 'closed')
    tx.happened('circuitOpened', { ...details, reason: after.reason, payload: openedPayload(provider, after) });
  else tx.happened('circuitProbed', {});
}

/** The audit trail identifies the circuit by the provider's name, events by an id derived from it. */
const circuitId = (provider: string) => ({ id: provider, aggregateId: aggregateIdOf('Circuit', provider) });

const openedPayload = (provider: string, { cause, nextProbeAt }: CircuitRow) => ({
  provider,
  cause,
  nextProbeAt: nextProbeAt?.toISOString() ?? null,
});
