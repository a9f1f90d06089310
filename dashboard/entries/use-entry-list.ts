/** The rows of a view: loaded by pages, kept in order, and updated in place from the live stream. */

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { client, serverNow } from '../graphql/client.ts';
import { problemOf } from '../graphql/problems.ts';
import { useChanges } from '../live/use-live.ts';
import { type EntryList, isToBeLoadedAnew, listOf, toAsk, withAnswer, withPage } from './entry-list.rules.ts';
import {
  EntriesAgain,
  type Entry,
  EntryCount,
  goToPlaceOf,
  type KeptList,
  keepList,
  keptList,
  notePlace,
  QueueRows,
} from './kept-list.ts';
import { type EntryFilter, filterOf, orderOf, type QueueView, readView } from './queue-filter.rules.ts';

/*
 * Queries changed rows again by id, at most a hundred a second and shown rows first, and whether they still
 * match the list's filter.
 */

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

function useAskedAgain(following: Following): (ids: readonly string[]) => void {
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

export interface ShownList {
  readonly list: EntryList<Entry> | undefined;
  /** How many entries match the filter; undefined until counted. */
  readonly matching: number | undefined;
  /** The filter the rows were loaded with; relative time ranges stay fixed until the list is reloaded. */
  readonly filter: EntryFilter;
  readonly problem: string | undefined;
  /** True while the rows still belong to the previous address. */
  readonly isOld: boolean;
  readonly isLoading: boolean;
  readonly isLoadingMore: boolean;
  readonly reload: () => void;
  readonly loadMore: () => void;
  /** Queries these entries again, for example after an action. */
  readonly askAgain: (ids: readonly string[]) => void;
}

/** `address`: the view as written by writeView; the same text means the same list. */
export function useEntryList(address: string): ShownList {
  const view = useMemo(() => readView(new URLSearchParams(address)), [address]);
  const [round, setRound] = useState(0);
  const [kept, setKept] = useState(() => keptList(address));
  // The kept list belongs to one address: reaching it by a filter instead of going back loads a current list.
  if (kept !== undefined && kept.address !== address) setKept(undefined);
  const filter = useMemo(
    () =>
      kept !== undefined && round === 0 ? kept.filter : filterOf(view, serverNow(), new Date().setHours(0, 0, 0, 0)),
    [view, round, kept],
  );
  const [held, setList] = useState<EntryList<Entry> | undefined>(kept?.list);
  const [listed, setListed] = useState(address);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState<'page' | 'more'>();
  const isOld = held !== undefined && listed !== address;
  // If this address fails to load, do not show the rows of the previous one under it.
  const list = isOld && problem !== undefined ? undefined : held;
  const matching = useMatching(filter);

  const load = useCallback(
    async (after: string | null) => {
      const { data, error } = await client
        .query(QueueRows, { filter, orderBy: orderOf(view), after }, { requestPolicy: 'network-only' })
        .toPromise();
      if (data?.queuedCreations == null) return { problem: error === undefined ? 'No answer.' : problemOf(error) };
      const { nodes, pageInfo } = data.queuedCreations;
      return { page: { nodes, endCursor: pageInfo.endCursor, hasMore: pageInfo.hasNextPage } };
    },
    [filter, view],
  );
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (kept?.filter === filter) return;
    setBusy('page');
    void load(null).then((answer) => {
      if (latest.current !== load) return;
      setBusy(undefined);
      setProblem(answer.problem);
      if (answer.page === undefined) return;
      setList(listOf(answer.page));
      setListed(address);
    });
  }, [load, kept, filter, address]);
  const loadMore = (): void => {
    if (busy !== undefined || list?.hasMore !== true) return;
    setBusy('more');
    void load(list.endCursor).then(({ page, problem: found }) => {
      if (latest.current !== load) return;
      setBusy(undefined);
      setProblem(found);
      if (page !== undefined) setList((before) => (before === undefined ? before : withPage(before, page)));
    });
  };
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const isOwnReload = list !== undefined && busy === undefined && problem === undefined && isToBeLoadedAnew(list);
  useEffect(() => {
    if (isOwnReload) reload();
  }, [isOwnReload, reload]);
  const askAgain = useAskedAgain({ list, setList, filter, view, isLoading: busy === 'page' });
  useKeeping({ address, list, filter, isShown: busy !== 'page' && !isOld });
  // Catches up on changes since the list was left.
  useEffect(() => {
    if (kept === undefined) return;
    askAgain(kept.list.rows.map(({ entryId }) => entryId));
    setList((before) => before && { ...before, isMoreFresh: true });
    return goToPlaceOf(kept);
  }, [kept, askAgain]);
  return {
    list,
    matching,
    filter,
    problem,
    isOld,
    isLoading: busy === 'page',
    isLoadingMore: busy === 'more',
    reload,
    loadMore,
    askAgain,
  };
}

/** Keeps the list for when the viewer navigates back to it. */
function useKeeping({ address, list, filter, isShown }: Omit<KeptList, 'list'> & Kept): void {
  const latest = useRef<KeptList>(undefined);
  latest.current = list !== undefined && isShown ? { address, list, filter } : undefined;
  useEffect(notePlace);
  useEffect(() => {
    window.addEventListener('scroll', notePlace, { passive: true });
    return () => {
      window.removeEventListener('scroll', notePlace);
      if (latest.current !== undefined) keepList(latest.current);
    };
  }, []);
}
interface Kept {
  readonly list: EntryList<Entry> | undefined;
  readonly isShown: boolean;
}

/** Counts the matches once per filter, in parallel to the rows, which do not wait for it. */
function useMatching(filter: EntryFilter): number | undefined {
  const [counted, setCounted] = useState<{ readonly filter: EntryFilter; readonly count: number }>();
  useEffect(() => {
    let isOver = false;
    void client
      .query(EntryCount, { filter }, { requestPolicy: 'network-only' })
      .toPromise()
      .then(({ data }) => {
        if (!isOver && data?.queuedCreations != null) setCounted({ filter, count: data.queuedCreations.totalCount });
      });
    return () => {
      isOver = true;
    };
  }, [filter]);
  return counted?.filter === filter ? counted.count : undefined;
}
