/** The rows of a long table that are visible at the page's scroll position; gaps take the height of the others. */

import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useLayoutEffect, useState } from 'react';

export interface RowsInSight {
  readonly from: number;
  readonly to: number;
  /** The heights of the rows above and below, in pixels. */
  readonly above: number;
  readonly below: number;
  readonly measure: (row: Element | null) => void;
}

/** Shorter tables are rendered as a whole, so that the browser's search finds everything. */
const LONG = 100;
const ROW = 37;
const BEYOND_SIGHT = 12;

/** Undefined while the table is short; `host` contains the table; pass a new `keyAt` only for other rows. */
export function useRowsInSight(
  count: number,
  keyAt: (index: number) => string,
  host: RefObject<HTMLElement | null>,
): RowsInSight | undefined {
  const isLong = count > LONG;
  const [margin, setMargin] = useState(0);
  // Content above the table comes and goes: filters, notices.
  useLayoutEffect(() => {
    if (!isLong) return;
    const look = (): void => {
      if (host.current !== null) setMargin(Math.round(host.current.getBoundingClientRect().top + window.scrollY));
    };
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    look();
    return () => observer.disconnect();
  }, [isLong, host]);
  const rows = useWindowVirtualizer({
    count,
    enabled: isLong,
    estimateSize: () => ROW,
    getItemKey: keyAt,
    overscan: BEYOND_SIGHT,
    scrollMargin: margin,
    // One frame later is soon enough, and scrolling does not wait for the rows.
    useFlushSync: false,
  });
  if (!isLong) return undefined;
  const items = rows.getVirtualItems();
  const [first, last] = [items[0], items.at(-1)];
  if (first === undefined || last === undefined)
    return { from: 0, to: Math.min(count, LONG), above: 0, below: 0, measure: rows.measureElement };
  return {
    from: first.index,
    to: last.index + 1,
    above: first.start - margin,
    below: rows.getTotalSize() - (last.end - margin),
    measure: rows.measureElement,
  };
}
