/** What an event happened to, by the name that people know it by. */

/** Where payloads say it: a job, an account, a token, the identity provider, an alert's rule. */
const NAMES = ['jobName', 'username', 'name', 'provider', 'rule'] as const;

/** The name in a payload; null where it has none. */
export function aggregateNameIn(payload: unknown): string | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const names = NAMES.map((key) => (payload as Record<string, unknown>)[key]);
  return names.find((name) => typeof name === 'string') ?? null;
}
