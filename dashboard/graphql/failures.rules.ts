/**
 * What kept a request from its answer, in words, and whether what it asked for may have been done
 * all the same. Pure.
 */

/** What came back, however little of it. */
export interface Returned {
  readonly status: number;
  readonly isJson: boolean;
}

export type Failure =
  | 'unreached'
  /** It was given up after the longest time that an answer may take. */
  | 'late'
  /** Nobody is signed in, for whoever answered. */
  | 'unknown'
  | 'status'
  | 'broken off'
  /** A page of something else. */
  | 'replaced';

/** `error`: the name of what the browser threw. */
export function failureOf(error: string, returned: Returned | undefined): Failure {
  if (error === 'TimeoutError') return 'late';
  if (returned === undefined) return 'unreached';
  if (returned.status === 401) return 'unknown';
  if (returned.status < 200 || returned.status > 299) return 'status';
  return returned.isJson ? 'broken off' : 'replaced';
}

/** There may be no server at all. */
export const UNREACHED = 'The server cannot be reached.';

/** One sentence. */
export function inWords(failure: Failure, status: number | undefined): string {
  switch (failure) {
    case 'unreached':
      return UNREACHED;
    case 'late':
      return 'The server did not answer for more than a minute.';
    case 'unknown':
      return 'The server says you are not signed in.';
    case 'status':
      return `The server answered with status ${status}.`;
    case 'broken off':
      return 'The server’s answer was cut off.';
    case 'replaced':
      return 'Something else answered in place of the server: a proxy, or a network’s sign-in page.';
  }
}

/**
 * Whether a change may have been made though no answer says so. Who refuses a request (4xx) has not
 * done it; an error (5xx) may be that of a proxy, which lost the answer only.
 */
export const mayBeDone = (failure: Failure, status: number | undefined): boolean =>
  failure === 'status' ? status === undefined || status < 400 || status > 499 || status === 408 : failure !== 'unknown';
