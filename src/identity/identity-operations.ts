/** The operations behind the API's view of the identity provider; what people did is logged. */
import type { Acted } from '../access/acts.ts';
import type { Database } from '../database/database.ts';
import type { Notices } from '../events/notices.ts';
import { closeCircuit, loadCircuit, loadTransitions, openCircuit } from './circuit.ts';
import type { IdentityProvider } from './provider.ts';
import type { ProviderStatus } from './zitadel-check.ts';

export interface IdentityOptions {
  readonly db: Database;
  readonly notices: Notices;
  readonly provider: IdentityProvider & { status?(): ProviderStatus };
}

export function createIdentityOperations({ db, notices, provider }: IdentityOptions, acted: Acted) {
  const { name, url, status } = provider;
  return {
    name,
    url,
    status,
    loadCircuit: () => loadCircuit(db, name),
    loadTransitions: (first: number) => loadTransitions(db, name, first),
    async openCircuit(caller: string, reason: string, until: Date | null) {
      const answer = await openCircuit(db, name, caller, reason, until);
      if (answer.isChanged) acted(caller, 'openCircuit', reason, { until });
      notices.circuitChanged();
      return answer;
    },
    async closeCircuit(caller: string, reason: string | null | undefined) {
      const answer = await closeCircuit(db, name, caller, reason ?? null);
      if (answer.isChanged) acted(caller, 'closeCircuit', reason, {});
      notices.circuitChanged();
      return answer;
    },
  };
}
