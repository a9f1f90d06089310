/**
 * When the live stream connects, disconnects, retries and pauses. Pure: takes the previous state and an event, returns
 * the next state and the steps to take.
 */

/** `paused`: the page is hidden; the stream resumes from its cursor when the page is seen again. */
export type LiveStatus = 'connecting' | 'live' | 'reconnecting' | 'paused';

export interface Connection {
  readonly status: LiveStatus;
  /** A connection is open or being opened. */
  readonly isTried: boolean;
  readonly isHidden: boolean;
  /** The number of failed connections in a row. */
  readonly failures: number;
}

/** One timer of each kind at a time; arming it again replaces the previous one. */
export type Timer = 'silence' | 'retry' | 'unseen';

export type Happening =
  | 'begun'
  | 'opened'
  /** Bytes arrived, pings included. */
  | 'heard'
  /** The connection ended, was refused, or could not be opened. */
  | 'broken'
  | 'seen'
  | 'hidden'
  /**
   * The browser leaves for another page, and may keep this one, with its connections, in its back/forward cache.
   */
  | 'left'
  /** The browser reports that the network is back. */
  | 'online'
  /** A timer has expired. */
  | Timer;

export type Deed =
  | { readonly do: 'connect' | 'disconnect' }
  /** Fetches the stream's current cursor, for a page that connects only later. */
  | { readonly do: 'note' }
  | { readonly do: 'arm'; readonly timer: Timer; readonly ms: number }
  | { readonly do: 'disarm'; readonly timer: Timer };

export interface After {
  readonly connection: Connection;
  readonly deeds: readonly Deed[];
}

/** The server sends something at least every 12 s. */
const SILENCE_MS = 20_000;
/** How long it takes to confirm the connection after a change of network. */
const DOUBT_MS = 14_000;
/** Short, since six tabs would use up all connections to a host; a page that is seen again resumes at once. */
const UNSEEN_MS = 5_000;
const LONGEST_WAIT_MS = 10_000;

export const firstConnection = (isHidden: boolean): Connection => ({
  status: 'connecting',
  isTried: false,
  isHidden,
  failures: 0,
});

const DISCONNECT: Deed = { do: 'disconnect' };
const arm = (timer: Timer, ms: number): Deed => ({ do: 'arm', timer, ms });
const disarm = (timer: Timer): Deed => ({ do: 'disarm', timer });

/** `chance`: a random number between 0 and 1, so that not all pages reconnect at the same moment. */
export function after(connection: Connection, happening: Happening, chance: number): After {
  const { status, isTried, isHidden, failures } = connection;
  const isResting = status === 'paused' && !isTried;
  const stay: After = { connection, deeds: [] };
  switch (happening) {
    case 'begun':
      // A page that has never been visible must not take a connection from the visible ones.
      return isHidden
        ? { connection: { ...connection, status: 'paused' }, deeds: [{ do: 'note' }] }
        : tried(connection);
    case 'opened':
      return isTried
        ? { connection: { ...connection, status: 'live', failures: 0 }, deeds: [arm('silence', SILENCE_MS)] }
        : stay;
    case 'heard':
      return isTried ? { connection, deeds: [arm('silence', SILENCE_MS)] } : stay;
    case 'broken':
    case 'silence':
      if (!isTried) return stay;
      return {
        connection: { ...connection, status: 'reconnecting', isTried: false, failures: failures + 1 },
        deeds: [DISCONNECT, disarm('silence'), arm('retry', waitAfter(failures, chance))],
      };
    case 'retry':
      return isTried || isResting ? stay : tried(connection);
    case 'hidden': {
      const deeds = isHidden || isResting ? [] : [arm('unseen', UNSEEN_MS)];
      return { connection: { ...connection, isHidden: true }, deeds };
    }
    case 'left':
    case 'unseen':
      return {
        connection: { ...connection, status: 'paused', isTried: false, isHidden: true },
        deeds: [...(isTried ? [DISCONNECT] : []), disarm('silence'), disarm('retry')],
      };
    case 'seen': {
      const seen = { ...connection, isHidden: false };
      const next = status === 'paused' || status === 'reconnecting' ? tried(seen) : { connection: seen, deeds: [] };
      return { connection: next.connection, deeds: [disarm('unseen'), ...next.deeds] };
    }
    case 'online':
      if (isResting) return stay;
      return status === 'live' ? { connection, deeds: [arm('silence', DOUBT_MS)] } : tried(connection);
  }
}

/** A connection being opened may hang in a network that is gone, so it is closed before the new one. */
const tried = (connection: Connection): After => ({
  connection: { ...connection, isTried: true },
  deeds: [
    ...(connection.isTried ? [DISCONNECT] : []),
    disarm('retry'),
    // Opening a connection may hang, as listening may.
    arm('silence', SILENCE_MS),
    { do: 'connect' },
  ],
});

const waitAfter = (failures: number, chance: number): number =>
  Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.75 + chance / 2);
