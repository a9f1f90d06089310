/** What a page with a list needs of the address bar: its filters, its page, and changing either. */
import { useLayoutEffect, useMemo, useRef } from 'react';
import { useSearchParams } from 'wouter';
import type { LiveResult } from '../live/use-live.ts';
import { type Change, type PageAsked, pageOf, withChange } from './list-address.rules.ts';
import { toast } from './toasts.tsx';

export interface ListAddress {
  /** A filter or another part of the address, trimmed; undefined when it is not there. */
  readonly get: (name: string) => string | undefined;
  /** `isStep`: a step that the browser's back button takes back. */
  readonly set: (change: Change, isStep?: boolean) => void;
  readonly clear: () => void;
  readonly isFiltered: boolean;
  readonly page: PageAsked;
  readonly isFirstPage: boolean;
}

/** `filters`: the names of those that narrow the list down. */
export function useListAddress(filters: readonly string[], perPage: number): ListAddress {
  const [params, setParams] = useSearchParams();
  const get = (name: string): string | undefined => params.get(name)?.trim() || undefined;
  const set = (change: Change, isStep = false): void =>
    setParams((before) => withChange(before, change, filters), { replace: !isStep });
  const page = useMemo(() => pageOf(params, perPage), [params, perPage]);
  return {
    get,
    set,
    clear: () => set(Object.fromEntries(filters.map((name) => [name, undefined]))),
    isFiltered: filters.some((name) => get(name) !== undefined),
    page,
    isFirstPage: page.after === undefined && page.before === undefined,
  };
}

/** A place in a list may be gone, or have been of another order: then the list begins at its first page, and says so. */
export function useFirstPageInstead(
  { isFirstPage, set }: ListAddress,
  { code }: Pick<LiveResult<unknown>, 'code'>,
): void {
  // What else may be wrong with the input is seen at the first page too.
  const isGone = !isFirstPage && code === 'BAD_USER_INPUT';
  const latest = useRef(set);
  latest.current = set;
  useLayoutEffect(() => {
    if (!isGone) return;
    latest.current({ after: undefined });
    toast('That page no longer exists; this is the newest.', 'info');
  }, [isGone]);
}
