/**
 * The page's only live stream: every change by its id, resumed by cursor after a disconnect, a sleep or a restart of
 * the server. One connection for all subjects, since a browser opens at most six to a host, and none while the page is
 * hidden: see connection.rules.ts.
 */

import { filter, take as first, subscribe as listen, onEnd, pipe } from 'wonka';
import { client, serverNow, watchStream } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { codeOf } from '../graphql/problems.ts';
import { type Batch, gather, summarise, type Told } from './batches.rules.ts';
import { after, type Deed, firstConnection, type Happening, type LiveStatus, type Timer } from './connection.rules.ts';

export interface LiveState {
  readonly status: LiveStatus;
  /** The missed changes that have been loaded since, until the user acknowledges them. */
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
/** A shorter absence is a switch between tabs, after which missed changes are not reported. */
const ABSENCE_MS = 60_000;
/** How long after reconnecting changes count as missed. */
const CATCH_UP_MS = 1_500;

const batchListeners = new Set<(batch: Batch | 'everything') => void>();
const stateListeners = new Set<() => void>();
let state: LiveState = { status: 'connecting', missed: undefined, cutSince: undefined };
let connection = firstConnection(false);
const timers: Partial<Record<Timer, ReturnType<typeof setTimeout>>> = {};
let stop: (() => void) | undefined;
let cursor: string | undefined;
/**
 * The first cursor is fetched together with the page's first queries; any later cursor may be newer than the data
 * shown.
 */
let isBehind = false;
let waiting: Told[] = [];
let missed: Told[] = [];
let reopenedAt: number | undefined;
/** The connection failed, as opposed to a pause. */
let isBroken = false;
/** When the last bytes arrived, by the server's clock; if they stop, the data shown is as old as this. */
let heardAt: number | undefined;

/** Subscribes to batches of changes; `everything`: more was missed than can be listed, so reload all data. */
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

/** Starts the stream, which runs until the page is left. */
export function startLive(): void {
  const isHidden = (): boolean => document.visibilityState === 'hidden';
  heardAt = serverNow();
  watchStream((event) => {
    heardAt = serverNow();
    happen(event === 'open' ? 'opened' : 'heard');
  });
  document.addEventListener('visibilitychange', () => happen(isHidden() ? 'hidden' : 'seen'));
  window.addEventListener('online', () => happen('online'));
  // Also correct for a server on this machine, since the connection then returns in a moment.
  window.addEventListener('offline', () => happen('broken'));
  window.addEventListener('pagehide', () => happen('left'));
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) happen('seen');
  });
  connection = firstConnection(isHidden());
  happen('begun');
}

function happen(happening: Happening): void {
  const { status } = connection;
  const { connection: next, deeds } = after(connection, happening, Math.random());
  connection = next;
  if (next.status !== status) turned(next.status, happening === 'silence' ? heardAt : undefined);
  for (const deed of deeds) perform(deed);
}

function perform(deed: Deed): void {
  switch (deed.do) {
    case 'arm':
      clearTimeout(timers[deed.timer]);
      timers[deed.timer] = setTimeout(() => happen(deed.timer), deed.ms);
      return;
    case 'disarm':
      clearTimeout(timers[deed.timer]);
      return;
    case 'note':
      stop = getCursor(() => undefined);
      return;
    case 'connect':
      connect();
      return;
    case 'disconnect':
      stop?.();
      stop = undefined;
  }
}

function become(change: Partial<LiveState>): void {
  state = { ...state, ...change };
  for (const told of stateListeners) told();
}

function turned(status: LiveStatus, since = serverNow()): void {
  if (status !== 'live') {
    isBroken ||= status === 'reconnecting';
    // The notice about changes caught up with earlier is outdated.
    become({ status, cutSince: state.cutSince ?? since, ...(isBroken && { missed: undefined }) });
    return;
  }
  const wasCut = state.cutSince !== undefined && (isBroken || serverNow() - state.cutSince > ABSENCE_MS);
  isBroken = false;
  reopenedAt = wasCut ? serverNow() : undefined;
  if (wasCut) setTimeout(tellMissed, CATCH_UP_MS);
  become({ status, cutSince: undefined });
}

function connect(): void {
  stop?.();
  stop = cursor === undefined ? getCursor(listenFrom) : undefined;
  if (cursor !== undefined) listenFrom(cursor);
}

/** Returns a function that cancels the request: a hanging request must end before the next one starts. */
function getCursor(got: (cursor: string) => void): () => void {
  const wasBehind = isBehind;
  isBehind = true;
  return pipe(
    client.query(Cursor, {}, { requestPolicy: 'network-only' }),
    filter(({ stale }) => !stale),
    first(1),
    listen(({ data }) => {
      if (data?.changeCursor == null) {
        happen('broken');
        return;
      }
      cursor = data.changeCursor;
      if (wasBehind) for (const told of batchListeners) told('everything');
      got(cursor);
    }),
  ).unsubscribe;
}

function listenFrom(after: string): void {
  let isOver = false;
  const broken = (): void => {
    if (!isOver) happen('broken');
  };
  const { unsubscribe } = pipe(
    client.subscription(Changed, { after }),
    onEnd(broken),
    listen(({ data, error }) => {
      if (isOver) return;
      if (data?.changed != null) take(data.changed);
      if (error === undefined) return;
      if (codeOf(error) === 'CURSOR_EXPIRED') {
        // Fetch the new cursor first, then reload all data, so that no change is lost in between.
        cursor = undefined;
        become({ missed: 'more than can be listed' });
      }
      broken();
    }),
  );
  stop = () => {
    isOver = true;
    unsubscribe();
  };
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
