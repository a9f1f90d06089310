/**
 * Result streams that end after a failure. A consumer asks for the next result immediately, and Yoga turns
 * each rejection into a result: a source that keeps failing would be asked in a tight loop that blocks the
 * process. So a stream has at most one failure, as its last result.
 */
import { type ExecutionResult, GraphQLError } from 'graphql';

/**
 * Maps a stream. An error ends it: it is sent as the last result (`failed` builds it), so that the caller
 * learns why the stream ended. A result without data also ends the stream.
 */
export function mapStream<T>(
  source: AsyncIterable<T>,
  map: (item: T) => ExecutionResult | Promise<ExecutionResult>,
  failed: (error: GraphQLError) => ExecutionResult,
): AsyncIterableIterator<ExecutionResult, undefined, void> {
  const iterator = source[Symbol.asyncIterator]();
  let isOver = false;
  const close = (): void => {
    if (isOver) return;
    isOver = true;
    // Not awaited: a source that waits for an event would return only after it.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  };
  return {
    async next() {
      if (isOver) return { done: true, value: undefined };
      try {
        const { done, value } = await iterator.next();
        if (done === true) {
          isOver = true;
          return { done, value: undefined };
        }
        const result = await map(value);
        // An executed event has data, even if null; a result without data was refused as a whole, and would be
        // refused again.
        if (result.data === undefined) close();
        return { done: false, value: result };
      } catch (error) {
        close();
        return { done: false, value: failed(asGraphQLError(error)) };
      }
    },
    async return() {
      close();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError('A subscription ended', {
        originalError: error instanceof Error ? error : new Error(String(error)),
      });
