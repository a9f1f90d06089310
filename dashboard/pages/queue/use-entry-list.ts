/**
 * The rows of a view: loaded by pages, kept in their order, and changed in place as the live stream
 * tells of them. Changed ones are asked for by their ids, at most a hundred a second.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { client } from '../../graphql/client.ts';
import { problemOf } from '../../graphql/problems.ts';
import { serverNow } from '../../graphql/transport.ts';
import { useChanges } from '../../live/use-live.ts';
import { EntriesAgain, type Entry, EntryCount, EntryPage } from './entry-documents.ts';
import { type EntryList, listOf, toAsk, withAnswer, withPage } from './entry-list.rules.ts';
import { type EntryFilter, filterOf, type QueueView, readView } from './queue-filter.rules.ts';

const ASK_EVERY_MS = 1_000;
const ASK_MOST = 100;
const AFTER_FAULT_MS = 5_000;
/** So many unknown ones are looked at; beyond that it is only said that there are more. */
const FRESH_MOST = 300;

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
  // biome-ignore lint/correctness/useExhaustiveDependencies: each round resolves moving spans anew.
  const filter = useMemo(() => filterOf(view, serverNow(), new Date().setHours(0, 0, 0, 0)), [view, round]);
  const [list, setList] = useState<EntryList<Entry>>();
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
    setBusy('page');
    void load(null).then((answer) => {
      if (latest.current !== load) return;
      setBusy(undefined);
      setProblem(answer.problem);
      if (answer.page !== undefined) setList(listOf(answer.page));
    });
  }, [load]);
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

const orderOf = ({ sort, direction }: QueueView) => ({ field: sort, direction });

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
  // What changed belongs to a list that is no longer shown, and the new one has it already.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new filter is a new list.
  useEffect(() => waiting.current.clear(), [following.filter]);
  useEffect(() => () => clearTimeout(timer.current), []);
  // What changed while the page was on its way may be older in it.
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
    // So much was missed that any row may have changed, and others may have come.
    const { list, setList } = latest.current;
    setList((before) => before && { ...before, isMoreFresh: true });
    askAgain((list?.rows ?? []).map(({ entryId }) => entryId));
  });
  return askAgain;
}
