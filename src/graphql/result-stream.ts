/**
 * Streams of results that end. Whoever reads one asks again as soon as it has an answer, and Yoga
 * makes a value of each rejection: a source that goes on failing would be asked without a pause, and
 * nothing else of the process would run. So a stream has one failure at most, which is its last word.
 */
import { type ExecutionResult, GraphQLError } from 'graphql';

/**
 * Maps a stream. What goes wrong on the way is the last thing that is sent (`failed` makes a result of
 * it), so that the caller learns why it ends; a result without data is an end as well.
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
    // Not waited for: a source that waits for an event would let go only after it.
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
        // What was executed has data, be it null; what has none was refused as a whole, and would be again.
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
