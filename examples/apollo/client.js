/** Apollo Client with subscriptions as server-sent events; its own HTTP link has them by multipart only. */
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client';
import { print } from 'graphql';
import { createClient } from 'graphql-sse';
import { Observable } from 'rxjs';
import possibleTypes from './possible-types.json';

const url = '/graphql';

// Does not reconnect by itself: it would send the old cursor again. `follow` below continues after the last one.
const events = createClient({ url, retryAttempts: 0 });
const eventLink = new ApolloLink(
  ({ query, variables, operationName }) =>
    new Observable((observer) =>
      events.subscribe(
        { query: print(query), variables, operationName },
        {
          next: (result) => observer.next(result),
          error: async (error) => observer.error(await withReason(error)),
          complete: () => observer.complete(),
        },
      ),
    ),
);

/** A request that is refused before GraphQL (401, 429, 503) is a NetworkError; the reason is in its response. */
async function withReason(error) {
  const body = await error.response?.json().catch(() => undefined);
  return body?.errors === undefined ? error : new CombinedGraphQLErrors(body);
}

export const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === 'subscription',
    eventLink,
    new HttpLink({ uri: url }),
  ),
  cache: new InMemoryCache({ possibleTypes }),
});

/** The code of an error of the API: see the list in docs/api.md. */
export const codeOf = (error) => (CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions?.code : undefined);

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Follows a subscription whose only field has `cursor`, for ever. `start` returns the cursor to begin after, and
 * loads the data after that; it is called at first, and again when the changes since the cursor are not known any more.
 */
export function follow(subscription, { start, onState }) {
  let cursor;
  let pauseMs = FIRST_PAUSE_MS;

  const again = (error) => {
    if (codeOf(error) === 'CURSOR_EXPIRED') cursor = undefined;
    onState(`Reconnecting: ${error?.message ?? 'the stream ended'}`);
    setTimeout(connect, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  };

  async function connect() {
    try {
      cursor ??= await start();
    } catch (error) {
      return again(error);
    }
    onState('Live');
    let problem;
    // Each event's objects go into the cache, by their `id`.
    client.subscribe({ query: subscription, variables: { after: cursor } }).subscribe({
      next: ({ data, error }) => {
        problem = error;
        const [change] = Object.values(data ?? {});
        if (change == null) return;
        cursor = change.cursor;
        pauseMs = FIRST_PAUSE_MS;
      },
      error: again,
      complete: () => again(problem),
    });
  }

  void connect();
}
