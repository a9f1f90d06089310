/** Hooks on the live stream: its state, its batches, and queries that follow it. */

import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { type AnyVariables, createRequest, type TypedDocumentNode, useQuery } from 'urql';
import {
  codeOf,
  isPassing as isPassingError,
  isSignedOut as isSignedOutError,
  passingProblemOf,
  problemOf,
} from '../graphql/problems.ts';
import { type Batch, createRefreshing, type Subject } from './batches.rules.ts';
import { liveState, onChanges, onLiveState } from './stream.ts';
import { useTrouble } from './troubles.ts';

export const useLiveState = () => useSyncExternalStore(onLiveState, liveState);

/** Calls back with each batch that contains one of the subjects; `undefined`: anything may have changed. */
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
  /** The newest result; the previous one stays during a request, see `isOld`. */
  readonly data: Data | undefined;
  /** `data` belongs to the previous variables: it may be read, but not used for actions. */
  readonly isOld: boolean;
  /** The error as a message for the user. There may be data as well. */
  readonly problem: string | undefined;
  /** The API's error code, for example BAD_USER_INPUT. */
  readonly code: string | undefined;
  /** The problem is not specific to this query: it is shown above the page and retried automatically. */
  readonly isPassing: boolean;
  /** There is nothing to show yet. */
  readonly isLoading: boolean;
  /** The data shown is being fetched again. */
  readonly isRefreshing: boolean;
  readonly refresh: () => void;
}

export interface LiveOptions<Data, Variables extends AnyVariables> {
  readonly query: TypedDocumentNode<Data, Variables>;
  readonly variables: Variables;
  /** The subjects whose changes refetch it; at most once a second, and not before the response has arrived. */
  readonly on?: readonly Subject[];
  /** Whether a batch is a reason to refetch; default: always. */
  readonly isAbout?: (batch: Batch) => boolean;
  /** Also refetches at this interval, in milliseconds, for changes that no event reports. */
  readonly everyMs?: number;
  /** Skips the query: the viewer lacks the permission, or a variable is missing. */
  readonly isPaused?: boolean;
  /** Identifies the result when variables change only with the time; default: the variables themselves. */
  readonly of?: string;
}

const WHEN_BACK: readonly Subject[] = [];

/** A query whose result follows the changes on the server. */
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
  // Until the next result arrives, the current one belongs to the previous variables.
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
  // A result for other variables must not be shown when these variables will get none.
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
  // A request that failed while the server was unreachable is retried as soon as the connection is back.
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

/** Refetches as defined in refreshing.rules.ts; the returned function is stable. */
function useRefreshing(ask: () => void, isBusy: boolean): () => void {
  const latest = useRef(ask);
  latest.current = ask;
  const [refreshing] = useState(() => createRefreshing(() => latest.current(), CLOCK));
  useEffect(() => refreshing.isBusy(isBusy), [refreshing, isBusy]);
  useEffect(() => refreshing.stop, [refreshing]);
  return refreshing.want;
}
