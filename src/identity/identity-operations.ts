/** The operations behind the API's view of the identity provider, each with its tools. */
import type { Acts } from '../access/acts.ts';
import type { Database } from '../database/database.ts';
import type { Caller } from '../work/caller.ts';
import type { Notices } from '../work/notices.ts';
import { closeCircuit, loadCircuit, loadTransitions, openCircuit } from './circuit.ts';
import type { IdentityProvider } from './provider.ts';
import { createSimulatorOperations } from './simulator/simulator-operations.ts';
import type { CheckResult, ProviderStatus } from './zitadel-check.ts';

export interface IdentityOptions {
  readonly db: Database;
  readonly acts: Acts;
  readonly notices: Notices;
  readonly provider: IdentityProvider & { status?(): ProviderStatus; checkNow?(): Promise<CheckResult | null> };
}

export function createIdentityOperations({ db, acts, notices, provider }: IdentityOptions) {
  const { name, url, status } = provider;
  const target = { type: 'Circuit', id: name };
  return {
    name,
    url,
    status,
    simulator: createSimulatorOperations(db, acts, name),
    loadCircuit: () => loadCircuit(db, name),
    loadTransitions: (first: number) => loadTransitions(db, name, first),
    async openCircuit(caller: Caller, reason: string, until: Date | null) {
      const answer = await acts.transaction(async (tx, acted) => {
        const { isChanged, before } = await openCircuit(tx, name, caller.name, reason, until);
        const after = { state: 'open', reason, until: until?.toISOString() ?? null };
        if (isChanged) acted({ caller, action: 'openCircuit', target, reason, before, after });
        return { isChanged };
      });
      notices.notify('circuit', 'changes');
      return answer;
    },
    async closeCircuit(caller: Caller, reason: string | null | undefined) {
      const answer = await acts.transaction(async (tx, acted) => {
        const { isChanged, before } = await closeCircuit(tx, name, caller.name, reason ?? null);
        if (isChanged) acted({ caller, action: 'closeCircuit', target, reason, before, after: { state: 'closed' } });
        return { isChanged };
      });
      notices.notify('circuit', 'changes');
      return answer;
    },
    /** Looks at the provider from this node; a wrong configuration that it finds for the first time opens the circuit. */
    async check(caller: Caller, reason: string | null | undefined) {
      const check = (await provider.checkNow?.()) ?? null;
      const after = check === null ? null : { isOk: check.isOk, code: check.code };
      await acts.transaction(async (_tx, acted) =>
        acted({
          caller,
          action: 'checkIdentityProvider',
          target: { type: 'IdentityProvider', id: name },
          reason,
          after,
        }),
      );
      return { check };
    },
  };
}
