/** What to tell people when a request did not succeed. */
import type { CombinedError } from 'urql';

/** One sentence that says what happened and what helps. */
export function problemOf(error: CombinedError): string {
  if (error.networkError !== undefined)
    return error.response?.status === undefined
      ? 'The server cannot be reached, so that what is shown may be old.'
      : `The server answered with status ${error.response.status}. Try again in a moment.`;
  const [first, ...more] = error.graphQLErrors;
  if (first === undefined) return error.message;
  const id = first.extensions.requestId;
  const rest = more.length > 0 ? ` (and ${more.length} more)` : '';
  return `${first.message}${rest}${typeof id === 'string' ? ` Request ${id}.` : ''}`;
}

/** The code of an error that the API answered with, for example CURSOR_EXPIRED. */
export function codeOf(error: CombinedError | undefined): string | undefined {
  const code = error?.graphQLErrors[0]?.extensions.code;
  return typeof code === 'string' ? code : undefined;
}
