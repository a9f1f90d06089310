/** The rows of a view: loaded by pages, kept in their order, and changed in place as the live stream tells of them. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type EntryFilter, filterOf, orderOf, readView } from '../../entries/queue-filter.rules.ts';
import { client } from '../../graphql/client.ts';
import { problemOf } from '../../graphql/problems.ts';
import { serverNow } from '../../graphql/transport.ts';
import { type Entry, EntryCount, EntryPage } from './entry-documents.ts';
import { type EntryList, listOf, withPage } from './entry-list.rules.ts';
import { goToPlaceOf, type KeptList, keepList, keptList, notePlace } from './kept-list.ts';
import { useAskedAgain } from './use-asked-again.ts';

export interface ShownList {
  readonly list: EntryList<Entry> | undefined;
  /** How many the filter finds; undefined while they are being counted. */
  readonly matching: number | undefined;
  /** The filter that the rows were found with: spans that move on stand still until it is loaded anew. */
  readonly filter: EntryFilter;
  readonly problem: string | undefined;
  readonly isLoading: boolean;
  readonly isLoadingMore: boolean;
  readonly reload: () => void;
  readonly loadMore: () => void;
  /** Asks for some again, as after an action. */
  readonly askAgain: (ids: readonly string[]) => void;
}

/** `address` is the view as writeView writes it: equal text is an equal list. */
export function useEntryList(address: string): ShownList {
  const view = useMemo(() => readView(new URLSearchParams(address)), [address]);
  const [round, setRound] = useState(0);
  const [kept] = useState(() => keptList(address));
  const filter = useMemo(
    () =>
      kept?.address === address && round === 0
        ? kept.filter
        : filterOf(view, serverNow(), new Date().setHours(0, 0, 0, 0)),
    [view, round, kept, address],
  );
  const [list, setList] = useState<EntryList<Entry> | undefined>(kept?.list);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState<'page' | 'more'>();
  const matching = useMatching(filter);

  const load = useCallback(
    async (after: string | null) => {
      const { data, error } = await client
        .query(EntryPage, { filter, orderBy: orderOf(view), after }, { requestPolicy: 'network-only' })
        .toPromise();
      if (data?.queuedCreations == null) return { problem: error === undefined ? 'Nothing came.' : problemOf(error) };
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
      if (answer.page !== undefined) setList(listOf(answer.page));
    });
  }, [load, kept, filter]);
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
  const askAgain = useAskedAgain({ list, setList, filter, view, isLoading: busy === 'page' });
  useKeeping({ address, list, filter, isShown: busy !== 'page' });
  // What has happened since it was left is made up for.
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
    isLoading: busy === 'page',
    isLoadingMore: busy === 'more',
    reload: useCallback(() => setRound((before) => before + 1), []),
    loadMore,
    askAgain,
  };
}

/** Keeps the list for whoever comes back to it. */
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

/** Counted once for each list, beside its rows, which do not wait for it. */
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
