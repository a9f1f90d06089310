/**
 * All event types with their descriptions. The server publishes them outside the API, next to the schemas of their
 * payloads, since receivers of webhooks have no API token.
 */

import { useEffect, useState } from 'react';

export interface EventKind {
  readonly type: string;
  readonly version: number;
  readonly aggregate: string;
  readonly description: string;
  /** The address of the JSON Schema of its payload. */
  readonly schema: string;
}

let asked: Promise<readonly EventKind[]> | undefined;

/** Fetched once; after a failure, again on the next call. */
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

/* The event types for pages; empty until they are loaded. */

const NONE: readonly EventKind[] = [];

export function useEventCatalog(): readonly EventKind[] {
  const [kinds, setKinds] = useState(NONE);
  useEffect(() => {
    let isGone = false;
    // Without the catalog, filters offer only the types that the address names, and the rest of the page works.
    void eventCatalog().then(
      (known) => !isGone && setKinds(known),
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, []);
  return kinds;
}
