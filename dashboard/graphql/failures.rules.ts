/** Describes why a request got no result, and whether the change that it requested may have been made anyway. Pure. */

/** What is known of an incomplete response. */
export interface Returned {
  readonly status: number;
  readonly isJson: boolean;
}

export type Failure =
  | 'unreached'
  /** The request timed out. */
  | 'late'
  /** Status 401: the viewer is not signed in, according to the server or proxy that responded. */
  | 'unknown'
  | 'status'
  | 'broken off'
  /** A page from something other than the server. */
  | 'replaced';

/** `error`: the name of the error that the browser threw. */
export function failureOf(error: string, returned: Returned | undefined): Failure {
  if (error === 'TimeoutError') return 'late';
  if (returned === undefined) return 'unreached';
  if (returned.status === 401) return 'unknown';
  if (returned.status < 200 || returned.status > 299) return 'status';
  return returned.isJson ? 'broken off' : 'replaced';
}

/** Possibly no server is running at all. */
export const UNREACHED = 'The server cannot be reached.';

/** Returns one sentence. */
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
 * Whether a change may have been made although no response says so. A refused request (4xx) was not carried out; an
 * error (5xx) may come from a proxy that lost only the response.
 */
export const mayBeDone = (failure: Failure, status: number | undefined): boolean =>
  failure === 'status' ? status === undefined || status < 400 || status > 499 || status === 408 : failure !== 'unknown';
