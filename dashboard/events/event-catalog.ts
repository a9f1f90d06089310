/**
 * All types of events that there are, with what they mean: the server says it at an address of its
 * own, next to the schemas of their payloads, since receivers of webhooks have no token here.
 */

export interface EventKind {
  readonly type: string;
  readonly version: number;
  readonly aggregate: string;
  readonly description: string;
  /** Where the JSON Schema of its payload is. */
  readonly schema: string;
}

let asked: Promise<readonly EventKind[]> | undefined;

/** Fetched once; after a failure, again the next time. */
export function eventCatalog(): Promise<readonly EventKind[]> {
  asked ??= fetchCatalog().catch((error: unknown) => {
    asked = undefined;
    throw error;
  });
  return asked;
}

async function fetchCatalog(): Promise<readonly EventKind[]> {
  const response = await fetch('/events/schemas');
  if (!response.ok) throw new Error(`The event types could not be loaded: status ${response.status}.`);
  return ((await response.json()) as { events: readonly EventKind[] }).events;
}
