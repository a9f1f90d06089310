/**
 * Queries changed rows again by id, at most a hundred a second and shown rows first, and whether they still
 * match the list's filter.
 */
import { useCallback, useEffect, useRef } from 'react';
import { type EntryFilter, orderOf, type QueueView } from '../../entries/queue-filter.rules.ts';
import { client } from '../../graphql/client.ts';
import { useChanges } from '../../live/use-live.ts';
import { EntriesAgain, type Entry } from './entry-documents.ts';
import { type EntryList, toAsk, withAnswer } from './entry-list.rules.ts';

const ASK_EVERY_MS = 1_000;
const ASK_MOST = 100;
const AFTER_FAULT_MS = 5_000;
/** At most this many unknown entries are checked; beyond that, the list only says that there may be more. */
const FRESH_MOST = 300;

interface Following {
  readonly list: EntryList<Entry> | undefined;
  readonly setList: (change: (before: EntryList<Entry> | undefined) => EntryList<Entry> | undefined) => void;
  readonly filter: EntryFilter;
  readonly view: QueueView;
  readonly isLoading: boolean;
}

export function useAskedAgain(following: Following): (ids: readonly string[]) => void {
  const latest = useRef(following);
  latest.current = following;
  const waiting = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isAsking = useRef(false);
  const lastAt = useRef(Number.NEGATIVE_INFINITY);

  const ask = useCallback(async () => {
    timer.current = undefined;
    const { list, filter, view, setList, isLoading } = latest.current;
    if (list === undefined || isAsking.current || isLoading) return;
    const { ids, isTooMany } = toAsk(list, waiting.current, FRESH_MOST);
    const asked = ids.slice(0, ASK_MOST);
    waiting.current = new Set(ids.slice(ASK_MOST));
    if (isTooMany) setList((before) => before && { ...before, isMoreFresh: true });
    if (asked.length === 0) return;
    isAsking.current = true;
    lastAt.current = performance.now();
    const { data } = await client
      .query(
        EntriesAgain,
        { byId: { entryIds: [...asked] }, byFilter: { ...filter, entryIds: [...asked] } },
        { requestPolicy: 'network-only' },
      )
      .toPromise();
    isAsking.current = false;
    if (latest.current.filter === filter && (data?.rows == null || data.fitting == null)) {
      for (const id of asked) waiting.current.add(id);
      timer.current ??= setTimeout(() => void ask(), AFTER_FAULT_MS);
      return;
    }
    if (data?.rows != null && data.fitting != null && latest.current.filter === filter) {
      const answer = {
        asked,
        rows: data.rows.nodes,
        fitting: new Set(data.fitting.nodes.map(({ entryId }) => entryId)),
      };
      setList((before) => before && withAnswer(before, answer, orderOf(view)));
    }
    if (waiting.current.size > 0) timer.current ??= setTimeout(() => void ask(), ASK_EVERY_MS);
  }, []);
  // Pending changes belong to the previous list; the new list is loaded with them.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new filter is a new list.
  useEffect(() => waiting.current.clear(), [following.filter]);
  useEffect(() => () => clearTimeout(timer.current), []);
  // Changes that arrived while the page was loading may be missing from it.
  useEffect(() => {
    if (!following.isLoading && waiting.current.size > 0) timer.current ??= setTimeout(() => void ask(), 0);
  }, [following.isLoading, ask]);

  const askAgain = useCallback(
    (ids: Iterable<string>) => {
      for (const id of ids) waiting.current.add(id);
      timer.current ??= setTimeout(() => void ask(), Math.max(0, lastAt.current + ASK_EVERY_MS - performance.now()));
    },
    [ask],
  );
  useChanges(['QUEUED_CREATION'], (batch) => {
    if (batch?.QUEUED_CREATION !== undefined) return askAgain(batch.QUEUED_CREATION.keys);
    // The live stream lost changes: any row may have changed, and there may be new entries.
    const { list, setList } = latest.current;
    setList((before) => before && { ...before, isMoreFresh: true });
    askAgain((list?.rows ?? []).map(({ entryId }) => entryId));
  });
  return askAgain;
}
