/** The event types for pages; empty until they are loaded. */
import { useEffect, useState } from 'react';
import { type EventKind, eventCatalog } from './event-catalog.ts';

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
