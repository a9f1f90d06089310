/** What components use of the live stream: its state, its batches, and queries that follow it. */
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { type AnyVariables, type TypedDocumentNode, useQuery } from 'urql';
import { problemOf } from '../graphql/problems.ts';
import type { Batch, Subject } from './batches.rules.ts';
import { liveState, onChanges, onLiveState } from './stream.ts';

export const useLiveState = () => useSyncExternalStore(onLiveState, liveState);

/** Calls back with each batch that is about one of the subjects; `undefined`: anything may have changed. */
export function useChanges(subjects: readonly Subject[], told: (batch: Batch | undefined) => void): void {
  const latest = useRef(told);
  latest.current = told;
  const wanted = subjects.join();
  useEffect(
    () =>
      onChanges((batch) => {
        if (batch === 'everything') latest.current(undefined);
        else if (wanted.split(',').some((subject) => batch[subject as Subject] !== undefined)) latest.current(batch);
      }),
    [wanted],
  );
}

export interface LiveResult<Data> {
  /** The newest answer; the one before stays while another is on its way. */
  readonly data: Data | undefined;
  /** What is wrong, for people. Data may be there all the same. */
  readonly problem: string | undefined;
  /** There is nothing to show yet. */
  readonly isLoading: boolean;
  /** What is shown is being asked for again. */
  readonly isRefreshing: boolean;
  readonly refresh: () => void;
}

export interface LiveOptions<Data, Variables extends AnyVariables> {
  readonly query: TypedDocumentNode<Data, Variables>;
  readonly variables: Variables;
  /** What it is asked for again upon; at most once a second. */
  readonly on?: readonly Subject[];
  /** Whether a batch is reason enough; left out: always. */
  readonly isAbout?: (batch: Batch) => boolean;
  /** Asked for again so often as well, in milliseconds: for what nothing tells of. */
  readonly everyMs?: number;
  /** Not asked for: the viewer may not, or something is missing. */
  readonly isPaused?: boolean;
}

const AT_MOST_EVERY_MS = 1_000;
const WHEN_BACK: readonly Subject[] = [];

/** A query whose answer follows what happens on the server. */
export function useLiveQuery<Data, Variables extends AnyVariables>({
  query,
  variables,
  on = WHEN_BACK,
  isAbout,
  everyMs,
  isPaused = false,
}: LiveOptions<Data, Variables>): LiveResult<Data> {
  const [{ data, error, fetching, stale }, execute] = useQuery({ query, variables, pause: isPaused });
  const [kept, setKept] = useState<Data | undefined>(undefined);
  if (data !== undefined && data !== kept) setKept(data);
  const shown = data ?? kept;

  const refresh = useMemo(
    () => atMostEvery(AT_MOST_EVERY_MS, () => execute({ requestPolicy: 'network-only' })),
    [execute],
  );
  useEffect(() => refresh.stop, [refresh]);
  useChanges(on, (batch) => {
    if (!isPaused && (batch === undefined || isAbout === undefined || isAbout(batch))) refresh();
  });
  const { status } = useLiveState();
  const isLost = status === 'reconnecting';
  useEffect(() => {
    if (isPaused || everyMs === undefined) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && refresh(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, isPaused, refresh]);
  // A request that failed while the server was away is made again when it is back.
  const hasFailed = error?.networkError !== undefined;
  useEffect(() => {
    if (!isLost && hasFailed && !isPaused) refresh();
  }, [isLost, hasFailed, isPaused, refresh]);

  return {
    data: shown,
    problem: error === undefined ? undefined : problemOf(error),
    isLoading: fetching && shown === undefined,
    isRefreshing: fetching || stale,
    refresh,
  };
}

/** At once when it was quiet, else once at the end of the pause. */
function atMostEvery(ms: number, act: () => void) {
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = (): void => {
    const wait = last + ms - performance.now();
    if (timer !== undefined) return;
    if (wait <= 0) {
      last = performance.now();
      act();
      return;
    }
    timer = setTimeout(() => {
      timer = undefined;
      last = performance.now();
      act();
    }, wait);
  };
  return Object.assign(run, {
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  });
}
