/** The result of a query: a placeholder until it is loaded; an error is shown above the data that is available. */
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import type { LiveResult } from '../live/use-live.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';
import { useToldOnce } from './told-once.tsx';

interface LoadedProps<Data> {
  readonly result: LiveResult<Data>;
  /** The approximate height in rem, so that the layout does not jump. */
  readonly height?: 4 | 8 | 12 | 16 | 32;
  readonly children: (data: Data) => ReactNode;
}

const HEIGHTS = { 4: 'h-16', 8: 'h-32', 12: 'h-38', 16: 'h-64', 32: 'h-128' } as const;

export function Loaded<Data>({
  result: { data, isOld, problem, isPassing, isLoading, refresh },
  height = 8,
  children,
}: LoadedProps<Data>) {
  // A passing problem is shown once, above the page.
  const own = isPassing ? undefined : problem;
  useToldOnce(own);
  return (
    <>
      {own !== undefined && (
        <div className="mb-3">
          <Notice
            tone="bad"
            actions={
              <Button isSmall onClick={refresh}>
                Try again
              </Button>
            }
          >
            {own}
          </Notice>
        </div>
      )}
      {data !== undefined && <Former isOld={isOld}>{children(data)}</Former>}
      {isLoading && <div aria-hidden className={`m-4 animate-pulse rounded-md bg-raised ${HEIGHTS[height]}`} />}
    </>
  );
}

/** Makes the data of the previous variables readable but not usable. A fast response dims nothing. */
function Former({ isOld, children }: { readonly isOld: boolean; readonly children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  // An inert element loses the focus; this restores it for keyboard users who page through a list.
  useLayoutEffect(() => {
    const focused = document.activeElement;
    if (!isOld || !(focused instanceof HTMLElement) || place.current?.contains(focused) !== true) return;
    return () =>
      void requestAnimationFrame(() => {
        if (document.activeElement === document.body && focused.isConnected) focused.focus({ preventScroll: true });
      });
  }, [isOld]);
  return (
    <div
      ref={place}
      inert={isOld}
      aria-busy={isOld || undefined}
      className={`contents ${isOld ? '*:opacity-60 *:transition-opacity *:delay-200' : ''}`}
    >
      {children}
    </div>
  );
}
