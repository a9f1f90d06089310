/** The entries last viewed in this browser, by id only, for the command palette. */

import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { isUuid } from '../ui/text.rules.ts';

const KEY = 'family-hub-jobs.recent-entries';
const MOST = 6;
const ENTRY = /^\/queue\/([^/]+)$/;

/** Most recent first. */
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
    // Storage is blocked, so there is nothing to remove.
  }
}

/** Stores each entry whose page is opened. */
export function useRecentEntries(): void {
  const [location] = useLocation();
  useEffect(() => {
    const id = ENTRY.exec(location)?.[1]?.toLowerCase();
    if (id === undefined || !isUuid(id)) return;
    try {
      const others = recentEntries().filter((one) => one !== id);
      localStorage.setItem(KEY, JSON.stringify([id, ...others].slice(0, MOST)));
    } catch {
      // Storage is blocked: the palette opens without recent entries.
    }
  }, [location]);
}
