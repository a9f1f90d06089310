/**
 * The one live stream of this page: every change by its id, resumed by cursor after a cut, a sleep
 * or a server's restart. One connection for all subjects, since a browser has only six to a host;
 * and none while the page has been out of sight for a minute.
 */
import { subscribe as listen, onEnd, pipe } from 'wonka';
import { client } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { codeOf } from '../graphql/problems.ts';
import { serverNow, watchStream } from '../graphql/transport.ts';
import { type Batch, gather, summarise, type Told } from './batches.rules.ts';

/** `paused`: out of sight, and gone on with by its cursor when seen again. */
export type LiveStatus = 'connecting' | 'live' | 'reconnecting' | 'paused';

export interface LiveState {
  readonly status: LiveStatus;
  /** What was missed and has been made up for, until it is acknowledged. */
  readonly missed: string | undefined;
  /** Since when there is no connection, in milliseconds since 1970. */
  readonly cutSince: number | undefined;
}

const Cursor = graphql(`query ChangeCursor { changeCursor }`);
const Changed = graphql(`
  subscription Changed($after: String) {
    changed(after: $after) {
      __typename cursor kind at
      ... on QueuedCreationChange { entryId }
      ... on JobRunChange { runId }
      ... on JobScheduleChange { jobName }
      ... on BulkActionChange { bulkActionId }
      ... on AlertChange { alertId }
    }
  }
`);
type Change = NonNullable<ResultOf<typeof Changed>['changed']>;

const GATHER_MS = 250;
/** The server sends something at least every 12 s. */
const SILENCE_MS = 40_000;
const HIDDEN_MS = 60_000;
/** How long after coming back changes count as missed. */
const CATCH_UP_MS = 1_500;
const LONGEST_WAIT_MS = 10_000;

const batchListeners = new Set<(batch: Batch | 'everything') => void>();
const stateListeners = new Set<() => void>();
let state: LiveState = { status: 'connecting', missed: undefined, cutSince: undefined };
let cursor: string | undefined;
let stop: (() => void) | undefined;
let waiting: Told[] = [];
let missed: Told[] = [];
let reopenedAt: number | undefined;
let failures = 0;
let retry: ReturnType<typeof setTimeout> | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;
let hidden: ReturnType<typeof setTimeout> | undefined;

/** Hears of batches of changes; `everything`: so much was missed that all must be loaded anew. */
export function onChanges(told: (batch: Batch | 'everything') => void): () => void {
  batchListeners.add(told);
  return () => batchListeners.delete(told);
}

export const liveState = (): LiveState => state;
export function onLiveState(told: () => void): () => void {
  stateListeners.add(told);
  return () => stateListeners.delete(told);
}
export const acknowledgeMissed = (): void => become({ missed: undefined });

/** Begins, and goes on until the page is left. */
export function startLive(): void {
  watchStream((event) => {
    if (event === 'open') opened();
    heard();
  });
  document.addEventListener('visibilitychange', seenOrHidden);
  window.addEventListener('online', () => void connect());
  void connect();
}

function become(change: Partial<LiveState>): void {
  state = { ...state, ...change };
  for (const told of stateListeners) told();
}

async function connect(): Promise<void> {
  if (stop !== undefined) return;
  clearTimeout(retry);
  let isOver = false;
  stop = () => {
    isOver = true;
  };
  if (cursor === undefined) {
    const { data } = await client.query(Cursor, {}, { requestPolicy: 'network-only' }).toPromise();
    if (isOver) return;
    if (data?.changeCursor == null) return again();
    cursor = data.changeCursor;
  }
  const { unsubscribe } = pipe(
    client.subscription(Changed, { after: cursor }),
    onEnd(() => {
      if (!isOver) again();
    }),
    listen(({ data, error }) => {
      if (isOver) return;
      if (data?.changed != null) take(data.changed);
      if (error === undefined) return;
      if (codeOf(error) === 'CURSOR_EXPIRED') {
        cursor = undefined;
        become({ missed: 'more than can be listed' });
        for (const told of batchListeners) told('everything');
      }
      again();
    }),
  );
  stop = () => {
    isOver = true;
    unsubscribe();
  };
}

function opened(): void {
  const wasCut = state.cutSince !== undefined;
  failures = 0;
  reopenedAt = wasCut ? serverNow() : undefined;
  if (wasCut) setTimeout(tellMissed, CATCH_UP_MS);
  become({ status: 'live', cutSince: undefined });
}

function tellMissed(): void {
  reopenedAt = undefined;
  const text = summarise(gather(missed));
  missed = [];
  if (text !== '') become({ missed: text });
}

function take(change: Change): void {
  cursor = change.cursor;
  const told = toldOf(change);
  if (told === undefined) return;
  if (reopenedAt !== undefined && Date.parse(change.at) < reopenedAt) missed.push(told);
  if (waiting.length === 0) setTimeout(flush, GATHER_MS);
  waiting.push(told);
}

function flush(): void {
  const batch = gather(waiting);
  waiting = [];
  for (const told of batchListeners) told(batch);
}

function toldOf(change: Change): Told | undefined {
  const { kind } = change;
  switch (change.__typename) {
    case 'QueuedCreationChange':
      return { subject: 'QUEUED_CREATION', kind, key: change.entryId };
    case 'JobRunChange':
      return { subject: 'JOB_RUN', kind, key: change.runId };
    case 'JobScheduleChange':
      return { subject: 'SCHEDULE', kind, key: change.jobName };
    case 'BulkActionChange':
      return { subject: 'BULK_ACTION', kind, key: change.bulkActionId };
    case 'AlertChange':
      return { subject: 'ALERT', kind, key: change.alertId };
    case 'CircuitChange':
      return { subject: 'CIRCUIT', kind, key: '' };
    default:
      return undefined;
  }
}

function cut(status: LiveStatus): void {
  stop?.();
  stop = undefined;
  clearTimeout(silence);
  become({ status, cutSince: state.cutSince ?? serverNow() });
}

function again(): void {
  cut('reconnecting');
  const waitMs = Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.75 + Math.random() / 2);
  failures += 1;
  clearTimeout(retry);
  retry = setTimeout(() => void connect(), waitMs);
}

function heard(): void {
  clearTimeout(silence);
  silence = setTimeout(again, SILENCE_MS);
}

function seenOrHidden(): void {
  clearTimeout(hidden);
  if (document.visibilityState === 'hidden') {
    hidden = setTimeout(() => {
      clearTimeout(retry);
      cut('paused');
    }, HIDDEN_MS);
  } else if (state.status === 'paused' || state.status === 'reconnecting') {
    void connect();
  }
}
