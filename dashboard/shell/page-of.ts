/** A page of the list in routes.ts as it is shown, however late its code comes. */
import { createElement, type ReactNode, useEffect, useState } from 'react';
import { liveState } from '../live/stream.ts';
import type { PageRoute } from '../routes.ts';

interface PageOfProps extends Pick<PageRoute, 'load' | 'code'> {
  readonly params: object;
  /** Shown when the code is late. */
  readonly meanwhile: ReactNode;
}

/** What comes sooner is not announced by anything: it would only flash. */
const LATE_MS = 150;
/** Until code is asked for again that could not be had without a connection. */
const AGAIN_MS = 2_000;

/**
 * A page, as soon as its code is there. Not by `lazy`: what comes late React holds back for a third of a second.
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
          // The bar says that there is no connection; the code comes with it.
          if (liveState().status !== 'live') {
            wasCut = true;
            again = setTimeout(fetchIt, AGAIN_MS);
          } else if (wasCut) {
            // Some browsers remember that a file could not be had, until they load the page anew.
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
