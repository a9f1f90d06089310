/** Which entries were looked at last in this browser: their ids alone, for the command palette. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { isUuid } from '../ui/uuid.rules.ts';

const KEY = 'family-hub-jobs.recent-entries';
const MOST = 6;
const ENTRY = /^\/queue\/([^/]+)$/;

/** The latest first. */
export function recentEntries(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    const isId = (one: unknown): one is string => typeof one === 'string' && isUuid(one);
    return Array.isArray(kept) ? kept.filter(isId).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function forgetRecentEntries(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** Notes each entry whose page is opened. */
export function useRecentEntries(): void {
  const [location] = useLocation();
  useEffect(() => {
    const id = ENTRY.exec(location)?.[1]?.toLowerCase();
    if (id === undefined || !isUuid(id)) return;
    try {
      const others = recentEntries().filter((one) => one !== id);
      localStorage.setItem(KEY, JSON.stringify([id, ...others].slice(0, MOST)));
    } catch {
      // A browser that keeps nothing: the palette begins without them.
    }
  }, [location]);
}
