/** The queries of the keys page. The ring is polled often; the counts only on demand, as they read every entry. */

import { usePermission } from '../access/viewer.tsx';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';

const Ring = graphql(`
  query KeyRing {
    encryptionKeys {
      id keyId purpose state createdAt activatedAt supersededAt retiredAt lastUsedAt masterKeyId
    }
  }
`);
const Counts = graphql(`
  query SealedCounts {
    encryptionKeys { id keyId sealedEntryCount sealedSecretCount }
  }
`);
const Latest = graphql(`
  query LatestResealing {
    latestResealing {
      id resealingId status totalCount resealedCount skippedCount perSecond actor reason createdAt finishedAt keyId
      skips { problem entry { id entryId username } }
    }
  }
`);

export type Key = NonNullable<ResultOf<typeof Ring>['encryptionKeys']>[number];
export type Resealing = NonNullable<ResultOf<typeof Latest>['latestResealing']>;

const RING_EVERY_MS = 5_000;
const COMING_EVERY_MS = 500;
const PROGRESS_EVERY_MS = 2_000;

export function useRing() {
  const isPaused = !usePermission('encryptionKeys').isAllowed;
  const ring = useLiveQuery({ query: Ring, variables: {}, everyMs: RING_EVERY_MS, isPaused });
  // A new key becomes active two seconds after its creation, while the operator is watching.
  const isComing = ring.data?.encryptionKeys?.some(({ state }) => state === 'PENDING') === true;
  useLiveQuery({ query: Ring, variables: {}, everyMs: COMING_EVERY_MS, isPaused: isPaused || !isComing });
  return ring;
}

/** The number of values encrypted under each key, by key id; undefined until counted. */
export function useSealedCounts() {
  const { data, problem, isRefreshing, refresh } = useLiveQuery({
    query: Counts,
    variables: {},
    isPaused: !usePermission('encryptionKeys').isAllowed,
  });
  const counts = data?.encryptionKeys?.map(
    ({ keyId, sealedEntryCount, sealedSecretCount }) =>
      [keyId, { entries: sealedEntryCount, secrets: sealedSecretCount }] as const,
  );
  return { counts: counts === undefined ? undefined : new Map(counts), problem, isRefreshing, refresh };
}

export function useLatestResealing() {
  const isPaused = !usePermission('latestResealing').isAllowed;
  const first = useLiveQuery({ query: Latest, variables: {}, isPaused });
  const isRunning = first.data?.latestResealing?.status === 'RUNNING';
  // Polled only while a re-encryption is in progress.
  useLiveQuery({ query: Latest, variables: {}, everyMs: PROGRESS_EVERY_MS, isPaused: isPaused || !isRunning });
  return first;
}
