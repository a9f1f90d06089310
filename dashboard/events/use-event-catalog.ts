/** The types of events for pages: empty until they are there. */
import { useEffect, useState } from 'react';
import { type EventKind, eventCatalog } from './event-catalog.ts';

const NONE: readonly EventKind[] = [];

export function useEventCatalog(): readonly EventKind[] {
  const [kinds, setKinds] = useState(NONE);
  useEffect(() => {
    let isGone = false;
    // Without it filters offer what the address names, and pages show all the rest.
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
