/**
 * Aggregates with a name but without a uuid (a job, a circuit, the queue) get a uuid that is derived from
 * the name, so that every node and version uses the same one for their events.
 */
import { createHash } from 'node:crypto';

/** The id of an aggregate by its type and name: a uuid of version 8 (RFC 9562, 5.8) over their SHA-256. */
export function aggregateIdOf(aggregateType: string, name: string): string {
  const hex = createHash('sha256').update(`${aggregateType}:${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The same in SQL. `name`: an expression of type text. */
export const namedAggregateId = (aggregateType: string, name: string): string =>
  `overlay(overlay(left(encode(sha256(convert_to('${aggregateType}:' || ${name}, 'UTF8')), 'hex'), 32) placing '8' from 13) placing 'a' from 17)::uuid`;

/** The payload fields that hold a name: of a job, an account, a token, the identity provider, an alert's rule. */
const NAMES = ['jobName', 'username', 'name', 'provider', 'rule'] as const;

/** The name in a payload; null where it has none. */
export function aggregateNameIn(payload: unknown): string | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const names = NAMES.map((key) => (payload as Record<string, unknown>)[key]);
  return names.find((name) => typeof name === 'string') ?? null;
}
