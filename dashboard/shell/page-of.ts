/** Shows a page of the list in routes.ts, however long its code takes to load. */

import { createElement, type ReactNode, useEffect, useState } from 'react';
import { liveState } from '../live/stream.ts';
import type { PageRoute } from '../routes.ts';

interface PageOfProps extends Pick<PageRoute, 'load' | 'code'> {
  readonly params: object;
  /** Shown when the code is late. */
  readonly meanwhile: ReactNode;
}

/** A faster page shows no placeholder, which would only flash. */
const LATE_MS = 150;
/** The delay before code is fetched again that could not be loaded without a connection. */
const AGAIN_MS = 2_000;

/**
 * Shows a page as soon as its code is loaded. It does not use `lazy`: React holds back late content for a third of a
 * second.
 */
export function PageOf({ load, code, params, meanwhile }: PageOfProps) {
  const [Page, setPage] = useState(() => code.page);
  const [fault, setFault] = useState<unknown>();
  const [isLate, setIsLate] = useState(false);
  useEffect(() => {
    if (Page !== undefined) return;
    let isLeft = false;
    let wasCut = false;
    let again: ReturnType<typeof setTimeout> | undefined;
    const late = setTimeout(() => setIsLate(true), LATE_MS);
    const fetchIt = (): void =>
      void load().then(
        (found) => isLeft || setPage(() => found),
        (error: unknown) => {
          if (isLeft) return;
          // The bar shows that there is no connection; the code can be loaded once it is back.
          if (liveState().status !== 'live') {
            wasCut = true;
            again = setTimeout(fetchIt, AGAIN_MS);
          } else if (wasCut) {
            // Some browsers remember a failed module until the page is reloaded.
            window.location.reload();
          } else setFault(error);
        },
      );
    fetchIt();
    return () => {
      isLeft = true;
      clearTimeout(late);
      clearTimeout(again);
    };
  }, [Page, load]);
  if (fault !== undefined) throw fault;
  if (Page !== undefined) return createElement(Page, { params });
  return isLate ? meanwhile : null;
}
