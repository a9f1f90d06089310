/** Warns that a bulk action in progress has stalled, and shows when another node can take over. */
import { useMemo } from 'react';
import { serverNow } from '../graphql/transport.ts';
import { lengthOf } from '../ui/instants.rules.ts';
import { Notice } from '../ui/notice.tsx';
import { useNow } from '../ui/now.ts';
import { Time } from '../ui/time.tsx';
import type { Bulk } from './bulk-documents.ts';
import { type Standstill, standstillOf } from './standstill.rules.ts';

/** Computed once per response, because an old response says nothing about the present. */
export function useStandstill(bulk: Bulk): Standstill | undefined {
  return useMemo(() => standstillOf(bulk, serverNow()), [bulk]);
}

export function StandingStill({ of: { lastBatchAt, freeAt } }: { readonly of: Standstill }) {
  const now = useNow();
  return (
    <Notice tone="warn">
      Nothing has been done for {lengthOf(now - Date.parse(lastBatchAt))}: the node that works at it is slow or gone.
      {Date.parse(freeAt) > now ? (
        <>
          {' '}
          If it is gone, another goes on in <Time at={freeAt} as="left" />.
        </>
      ) : (
        ' Another goes on as soon as one is there.'
      )}
    </Notice>
  );
}
