/**
 * When the live stream is connected, given up, tried again, and left alone. Pure: what happens is
 * told with the state before, and what is to be done comes back with the one after.
 */

/** `paused`: out of sight, and gone on with by its cursor when seen again. */
export type LiveStatus = 'connecting' | 'live' | 'reconnecting' | 'paused';

export interface Connection {
  readonly status: LiveStatus;
  /** A connection stands or is being made. */
  readonly isTried: boolean;
  readonly isHidden: boolean;
  /** How often in a row it has come to nothing. */
  readonly failures: number;
}

/** One of each at a time; arming it anew forgets the one before. */
export type Timer = 'silence' | 'retry' | 'unseen';

export type Happening =
  | 'begun'
  | 'opened'
  /** Bytes came, pings included. */
  | 'heard'
  /** It ended, was refused, or could not be made. */
  | 'broken'
  | 'seen'
  | 'hidden'
  /** The browser goes to another page, and may keep this one as it is, with its connections, to come back to. */
  | 'left'
  /** The browser says that it has a network again. */
  | 'online'
  /** A timer has run out. */
  | Timer;

export type Deed =
  | { readonly do: 'connect' | 'disconnect' }
  /** Where the stream is now, for a page that connects only later. */
  | { readonly do: 'note' }
  | { readonly do: 'arm'; readonly timer: Timer; readonly ms: number }
  | { readonly do: 'disarm'; readonly timer: Timer };

export interface After {
  readonly connection: Connection;
  readonly deeds: readonly Deed[];
}

/** The server sends something at least every 12 s. */
const SILENCE_MS = 20_000;
/** How long it takes to be sure after a change of network. */
const DOUBT_MS = 14_000;
/** Soon, since six tabs would use up all connections to a host; it is gone on with at once when seen again. */
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

/** `chance`: between 0 and 1, so that not all pages come back in the same moment. */
export function after(connection: Connection, happening: Happening, chance: number): After {
  const { status, isTried, isHidden, failures } = connection;
  const isResting = status === 'paused' && !isTried;
  const stay: After = { connection, deeds: [] };
  switch (happening) {
    case 'begun':
      // A page that nobody has seen yet takes no connection from those that are looked at.
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

/** One that is being made may hang in a network that is gone: it makes way for the new one. */
const tried = (connection: Connection): After => ({
  connection: { ...connection, isTried: true },
  deeds: [
    ...(connection.isTried ? [DISCONNECT] : []),
    disarm('retry'),
    // Making it may hang as well as listening.
    arm('silence', SILENCE_MS),
    { do: 'connect' },
  ],
});

const waitAfter = (failures: number, chance: number): number =>
  Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.75 + chance / 2);
