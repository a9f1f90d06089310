/** What a query answered: a place-holder until then, its problem above what is there all the same. */
import type { ReactNode } from 'react';
import type { LiveResult } from '../live/use-live.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

interface LoadedProps<Data> {
  readonly result: LiveResult<Data>;
  /** About how high it will be, in rem, so that nothing jumps. */
  readonly height?: 4 | 8 | 16 | 32;
  readonly children: (data: Data) => ReactNode;
}

const HEIGHTS = { 4: 'h-16', 8: 'h-32', 16: 'h-64', 32: 'h-128' } as const;

export function Loaded<Data>({
  result: { data, problem, isLoading, refresh },
  height = 8,
  children,
}: LoadedProps<Data>) {
  return (
    <>
      {problem !== undefined && (
        <div className="mb-3">
          <Notice
            tone="bad"
            isUrgent
            actions={
              <Button isSmall onClick={refresh}>
                Try again
              </Button>
            }
          >
            {problem}
          </Notice>
        </div>
      )}
      {data !== undefined && children(data)}
      {isLoading && <div aria-hidden className={`m-4 animate-pulse rounded-md bg-raised ${HEIGHTS[height]}`} />}
    </>
  );
}
