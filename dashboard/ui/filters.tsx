/** The filters of a list: a few are always visible, the rest are folded so that a phone need not scroll past them. */

import { ChevronRight } from 'lucide-react';
import { type ReactNode, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import type { LiveResult } from '../live/use-live.ts';
import { Button } from './button.tsx';
import { type Change, type PageAsked, pageOf, withChange } from './list-address.rules.ts';
import { toast } from './toasts.tsx';

/* The filters and the page of a list in the address bar, with functions to change them. */

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

interface FiltersProps {
  readonly address: Pick<ListAddress, 'get' | 'isFiltered' | 'clear'>;
  readonly children: ReactNode;
  /** The folded filters; open at first if the address uses one of them. */
  readonly more: {
    readonly title: string;
    /** Their names in the address. */
    readonly names: readonly string[];
    readonly fields: ReactNode;
  };
}

export function Filters({ address, children, more }: FiltersProps) {
  const [isOpen, setIsOpen] = useState(more.names.some((name) => address.get(name) !== undefined));
  const id = useId();
  return (
    <search aria-label="Filters" className="grid gap-3 border-b px-4 pt-3 pb-4">
      <div className="flex flex-wrap items-end gap-3">
        <div className="contents *:min-w-36 *:flex-1 lg:*:max-w-64">{children}</div>
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setIsOpen(!isOpen)}
          className="flex h-8 items-center gap-1 text-accent"
        >
          <ChevronRight aria-hidden className={`size-4 ${isOpen ? 'rotate-90' : ''}`} />
          {more.title}
        </button>
        {address.isFiltered && (
          <div className="ml-auto">
            <Button isSmall onClick={address.clear}>
              Clear the filters
            </Button>
          </div>
        )}
      </div>
      <div id={id} hidden={!isOpen} className="grid items-start gap-3 sm:grid-cols-2 lg:grid-cols-5">
        {more.fields}
      </div>
    </search>
  );
}
