/** A message above the rest of the content, with the actions that help. */

import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import type { LiveResult } from '../live/use-live.ts';
import { Button } from './button.tsx';
import { TONE_LOOKS } from './text.tsx';
import { useToldOnce } from './told-once.tsx';
import type { Tone } from './words.ts';

const ICONS = { good: CircleCheck, warn: TriangleAlert, bad: CircleAlert, info: Info } as const;

interface NoticeProps {
  readonly tone: Exclude<Tone, 'idle'>;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  /** Announced at once by screen readers: for something that has just gone wrong. */
  readonly isUrgent?: boolean;
}

export function Notice({ tone, children, actions, isUrgent = false }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div
      role={isUrgent ? 'alert' : undefined}
      className={`flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg px-3 py-2 ${TONE_LOOKS[tone]}`}
    >
      {/* Aligned with the buttons, which are higher than a line of text, and wide enough to be read beside them. */}
      <Icon aria-hidden className={`size-4 shrink-0 ${actions === undefined ? 'mt-0.5' : 'mt-1.5'}`} />
      <div className={`min-w-0 flex-1 ${actions === undefined ? 'basis-48' : 'basis-48 py-1 md:basis-80'}`}>
        {children}
      </div>
      {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
    </div>
  );
}

/** Shown for an empty list: what would be listed here, and how it gets here. */
export const Empty = ({
  title,
  children,
  actions,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) => (
  <div className="px-4 py-8 text-center">
    <p className="font-medium">{title}</p>
    {children !== undefined && <div className="mx-auto mt-1 max-w-prose text-muted">{children}</div>}
    {actions !== undefined && <div className="mt-3 flex flex-wrap justify-center gap-2">{actions}</div>}
  </div>
);

/* The result of a query: a placeholder until it is loaded; an error is shown above the data that is available. */

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
