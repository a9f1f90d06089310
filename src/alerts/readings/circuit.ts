/** The alert over the identity provider: its circuit has been open for too long. */
import { definitionOf } from '../../diagnosis/failures.ts';
import { type AlertRule, type Finding, findingsOf, type Thresholds } from '../alert-rule.ts';
import { at, inWords } from '../wording.rules.ts';

/**
 * Of one provider only where a living node uses it: after a change of provider the row of the former
 * stays, with nobody to probe it. While nodes are restarted one by one, both are in use.
 */
export const IN_USE = `provider IN (SELECT node.provider FROM auth.server_nodes AS node WHERE node.state <> 'gone')`;

// Opened by hand, it has no cause, and its time is that of a pause.
const OPEN = `
  SELECT provider, cause, coalesce(opened_at, updated_at) AS since
  FROM auth.identity_circuits
  WHERE state <> 'closed' AND ${IN_USE}
    AND coalesce(opened_at, updated_at) < now() - CASE WHEN cause IS NULL THEN $2::float8 ELSE $1::float8 END * interval '1 millisecond'
  ORDER BY provider LIMIT 101`;

interface OpenCircuit {
  readonly provider: string;
  readonly cause: string | null;
  readonly since: Date;
}

const openFinding = ({ provider, cause, since }: OpenCircuit): Finding => ({
  groupKey: provider,
  subject: { kind: 'identity_provider', key: provider },
  count: 1,
  since,
  summary:
    cause === null
      ? `Somebody has kept the circuit of ${provider} open since ${at(since)}: nothing is attempted.`
      : `The circuit of ${provider} has been open since ${at(since)} with ${cause}: nothing but probes is attempted.`,
  advice:
    cause === null
      ? 'If it was forgotten, close it; identityProvider says who opened it and why.'
      : `${definitionOf(cause)?.cure ?? 'See what the identity provider answers, and fix that.'} A probe closes the circuit then, and what waits goes on by itself.`,
  cure: { label: 'Close the circuit', mutation: 'closeCircuit', input: {} },
});

export const circuitRules = ({ CIRCUIT_OPEN, QUEUE_PAUSED }: Thresholds): AlertRule[] => [
  {
    name: 'CIRCUIT_OPEN',
    severity: 'critical',
    description:
      'The identity provider is not asked any more, and accounts are not made. It is over when the circuit closes, or when no node uses that provider any more.',
    looksAt: 'The circuit of each identity provider that a living node uses.',
    threshold: `open for longer than ${inWords(CIRCUIT_OPEN)}; by hand, longer than ${inWords(QUEUE_PAUSED)}`,
    async find(db) {
      const rows = await db.query<OpenCircuit>(OPEN, [CIRCUIT_OPEN, QUEUE_PAUSED]);
      return findingsOf(rows, openFinding);
    },
  },
];
