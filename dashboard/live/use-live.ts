/** What components use of the live stream: its state, its batches, and queries that follow it. */
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { type AnyVariables, createRequest, type TypedDocumentNode, useQuery } from 'urql';
import {
  codeOf,
  isPassing as isPassingError,
  isSignedOut as isSignedOutError,
  passingProblemOf,
  problemOf,
} from '../graphql/problems.ts';
import type { Batch, Subject } from './batches.rules.ts';
import { createRefreshing } from './refreshing.rules.ts';
import { liveState, onChanges, onLiveState } from './stream.ts';
import { useTrouble } from './troubles.ts';

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
  /** The newest answer; the one before stays while another is on its way, see `isOld`. */
  readonly data: Data | undefined;
  /** `data` answers what was asked before, with other variables: to be looked at, and not to be acted on. */
  readonly isOld: boolean;
  /** What is wrong, for people. Data may be there all the same. */
  readonly problem: string | undefined;
  /** The API's code for it, for example BAD_USER_INPUT. */
  readonly code: string | undefined;
  /** The problem is none of this query: it is told above the page, and tried again by itself. */
  readonly isPassing: boolean;
  /** There is nothing to show yet. */
  readonly isLoading: boolean;
  /** What is shown is being asked for again. */
  readonly isRefreshing: boolean;
  readonly refresh: () => void;
}

export interface LiveOptions<Data, Variables extends AnyVariables> {
  readonly query: TypedDocumentNode<Data, Variables>;
  readonly variables: Variables;
  /** What it is asked for again upon; at most once a second, and not before the answer is there. */
  readonly on?: readonly Subject[];
  /** Whether a batch is reason enough; left out: always. */
  readonly isAbout?: (batch: Batch) => boolean;
  /** Asked for again so often as well, in milliseconds: for what nothing tells of. */
  readonly everyMs?: number;
  /** Not asked for: the viewer may not, or something is missing. */
  readonly isPaused?: boolean;
  /** What the answer is of, where variables only move on with the time; left out: the variables themselves. */
  readonly of?: string;
}

const WHEN_BACK: readonly Subject[] = [];

/** A query whose answer follows what happens on the server. */
export function useLiveQuery<Data, Variables extends AnyVariables>({
  query,
  variables,
  on = WHEN_BACK,
  isAbout,
  everyMs,
  isPaused = false,
  of,
}: LiveOptions<Data, Variables>): LiveResult<Data> {
  const [{ data: newest, error, fetching, stale, operation }, execute] = useQuery({
    query,
    variables,
    pause: isPaused,
  });
  const { key } = createRequest(query, variables);
  const subject = of ?? String(key);
  // Until there is another answer, what there is stays that of the former variables.
  const isAnswered = operation?.key === key;
  const [kept, setKept] = useState<{ readonly data: Data; readonly subject: string }>();
  const isNew = isAnswered && newest != null && (kept?.data !== newest || kept.subject !== subject);
  if (isNew) setKept({ data: newest, subject });
  const shown = isNew ? { data: newest, subject } : kept;
  const failed = isAnswered && !isPaused ? error : undefined;
  const isSignedOut = failed !== undefined && isSignedOutError(failed);
  const hasToWait = failed !== undefined && isPassingError(failed);
  const isPassing = isSignedOut || hasToWait;
  const problem = failed && (hasToWait ? passingProblemOf(failed) : problemOf(failed));
  const code = problem === undefined ? undefined : codeOf(error);
  const isFormer = shown !== undefined && shown.subject !== subject;
  // An answer to something else is no answer where there will be none.
  const data = isFormer && (problem !== undefined || isPaused) ? undefined : shown?.data;

  const isBusy = fetching || stale;
  const refresh = useRefreshing(() => execute({ requestPolicy: 'network-only' }), isBusy);
  useTrouble({ problem: isPassing ? problem : undefined, isSignedOut, isBusy: isBusy && !isPaused, retry: refresh });
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
  // A request that failed while the server was away is made again as soon as it is back.
  useEffect(() => {
    if (!isLost && hasToWait) refresh();
  }, [isLost, hasToWait, refresh]);

  return {
    data,
    isOld: isFormer && data !== undefined,
    problem,
    code,
    isPassing,
    isLoading: (fetching || isPassing) && data === undefined,
    isRefreshing: isBusy,
    refresh,
  };
}

const CLOCK = {
  now: () => performance.now(),
  after: (ms: number, call: () => void) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Asks again by refreshing.rules.ts; what comes back stays the same. */
function useRefreshing(ask: () => void, isBusy: boolean): () => void {
  const latest = useRef(ask);
  latest.current = ask;
  const [refreshing] = useState(() => createRefreshing(() => latest.current(), CLOCK));
  useEffect(() => refreshing.isBusy(isBusy), [refreshing, isBusy]);
  useEffect(() => refreshing.stop, [refreshing]);
  return refreshing.want;
}
