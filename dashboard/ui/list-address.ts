/** The filters and the page of a list in the address bar, with functions to change them. */
import { useLayoutEffect, useMemo, useRef } from 'react';
import { useSearchParams } from 'wouter';
import type { LiveResult } from '../live/use-live.ts';
import { type Change, type PageAsked, pageOf, withChange } from './list-address.rules.ts';
import { toast } from './toasts.tsx';

export interface ListAddress {
  /** A filter or another parameter of the address, trimmed; undefined when it is missing. */
  readonly get: (name: string) => string | undefined;
  /** `isStep`: adds an entry to the browser's history, so that the back button reverts the change. */
  readonly set: (change: Change, isStep?: boolean) => void;
  readonly clear: () => void;
  readonly isFiltered: boolean;
  readonly page: PageAsked;
  readonly isFirstPage: boolean;
}

/** `filters`: the names of the parameters that narrow the list. */
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

/** A cursor may have expired or belong to another order: then the list goes to its first page and shows a toast. */
export function useFirstPageInstead(
  { isFirstPage, set }: ListAddress,
  { code }: Pick<LiveResult<unknown>, 'code'>,
): void {
  // Any other error in the input occurs on the first page too.
  const isGone = !isFirstPage && code === 'BAD_USER_INPUT';
  const latest = useRef(set);
  latest.current = set;
  useLayoutEffect(() => {
    if (!isGone) return;
    latest.current({ after: undefined });
    toast('That page no longer exists; this is the newest.', 'info');
  }, [isGone]);
}
