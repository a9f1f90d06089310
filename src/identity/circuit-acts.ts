/** What the circuit does by itself, for the audit trail: that it opened and closed, not each probe between. */
import type { Act } from '../work/audit-trail.ts';
import { systemCaller } from '../work/caller.ts';
import type { CircuitRow } from './circuit.rules.ts';

/** The circuit, where it acts by itself. */
export const CIRCUIT = systemCaller('circuit');

/** Why it closed by itself. */
export const PROBE_ANSWERED = 'A probe showed that the identity provider works.';

/** The acts that a change from one state to another is: one, or none. */
export function circuitActs(provider: string, before: CircuitRow, after: CircuitRow): readonly Act[] {
  const isOpening = before.state === 'closed' && after.state !== 'closed';
  const isClosing = before.state !== 'closed' && after.state === 'closed';
  if (!isOpening && !isClosing) return [];
  return [
    {
      caller: CIRCUIT,
      action: isOpening ? 'circuitOpened' : 'circuitClosed',
      target: { type: 'Circuit', id: provider },
      reason: isOpening ? after.reason : PROBE_ANSWERED,
      before: { state: before.state, cause: before.cause },
      after: { state: after.state, cause: after.cause },
    },
  ];
}
