import { useEffect, useState } from 'react';

const PAUSE_MS = 200;

/** Returns the typed text once typing pauses, for queries that run while the user types. */
export function useSettled(typed: string): string {
  const [settled, setSettled] = useState(typed);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return settled;
}
