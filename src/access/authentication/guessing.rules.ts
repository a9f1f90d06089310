/**
 * Slows down guessing: too many failures within a minute block an address, so that its credentials are
 * refused unchecked, for half a minute at first and twice as long each time after. Once it has been blocked,
 * each single failure blocks it again. A success does not reset this: a guesser may own one valid token.
 */
const WINDOW_MS = 60_000;
const FIRST_BLOCK_MS = 30_000;
const LONGEST_BLOCK_MS = 15 * 60_000;
/** After an hour without a failure, the failures of an address are forgotten. */
const FORGOTTEN_AFTER_MS = 60 * 60_000;

/** The failures of an address; timestamps in milliseconds of any one clock. */
export interface Failures {
  /** Failures in the window that began at `since`. */
  readonly count: number;
  readonly since: number;
  readonly last: number;
  readonly blocks: number;
  readonly blockedUntil: number;
}

/** Adds a failure to those of an address; `limit` failures within a minute block it. */
export function afterFailure(before: Failures | undefined, now: number, limit: number): Failures {
  const known = before === undefined || now - before.last >= FORGOTTEN_AFTER_MS ? undefined : before;
  const isSameWindow = known !== undefined && now - known.since < WINDOW_MS;
  const count = isSameWindow ? known.count + 1 : 1;
  const blocks = known?.blocks ?? 0;
  const since = isSameWindow ? known.since : now;
  if (count < (blocks > 0 ? 1 : limit))
    return { count, since, last: now, blocks, blockedUntil: known?.blockedUntil ?? now };
  const blockMs = Math.min(LONGEST_BLOCK_MS, FIRST_BLOCK_MS * 2 ** Math.min(blocks, 10));
  return { count: 0, since: now, last: now, blocks: blocks + 1, blockedUntil: now + blockMs };
}

/** Returns how long an address is still blocked, in milliseconds; 0 if it is not. */
export const blockedFor = (failures: Failures | undefined, now: number): number =>
  failures === undefined ? 0 : Math.max(0, failures.blockedUntil - now);

/** Returns what counts as one guesser: an IPv4 address, or the /64 network of an IPv6 subscriber. */
export function guesserOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] ?? address;
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const groups = [...left, ...zeros, ...right].map((group) => group.replace(/^0+(?=.)/, ''));
  return `${groups.slice(0, 4).join(':')}::/64`;
}
