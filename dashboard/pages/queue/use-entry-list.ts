/** The rows of a view: loaded by pages, kept in order, and updated in place from the live stream. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type EntryFilter, filterOf, orderOf, readView } from '../../entries/queue-filter.rules.ts';
import { client } from '../../graphql/client.ts';
import { problemOf } from '../../graphql/problems.ts';
import { serverNow } from '../../graphql/transport.ts';
import { type Entry, EntryCount, QueueRows } from './entry-documents.ts';
import { type EntryList, isToBeLoadedAnew, listOf, withPage } from './entry-list.rules.ts';
import { goToPlaceOf, type KeptList, keepList, keptList, notePlace } from './kept-list.ts';
import { useAskedAgain } from './use-asked-again.ts';

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
