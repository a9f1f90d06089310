/** An open subscription ends when its caller's token is revoked or expires, or its session ends. */
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

interface Context {
  onEnded(ended: () => void): () => void;
}

const ENDED: ExecutionResult = {
  errors: [
    new GraphQLError(
      'Your token or session has ended, and this subscription with it. Sign in again, or use another token.',
      { extensions: { code: 'UNAUTHENTICATED' } },
    ),
  ],
};

/** Ends a subscription as soon as its caller's credential ends, with an error as its last event. */
export function endWithCredential<C extends Context>(): Plugin<C> {
  return {
    onSubscribe: () => ({
      onSubscribeResult({ args, result, setResult }) {
        if (Symbol.asyncIterator in result) setResult(untilEnded(result, args.contextValue as Context));
      },
    }),
  };
}

function untilEnded(
  source: AsyncIterable<ExecutionResult>,
  { onEnded }: Context,
): AsyncIterableIterator<ExecutionResult, undefined, void> {
  const iterator = source[Symbol.asyncIterator]();
  let isOver = false;
  let hasEnded = false;
  /** Resolves the pending read. A race with a promise as old as the stream would keep every event in memory. */
  let answer: ((result: IteratorResult<ExecutionResult, undefined>) => void) | undefined;
  const close = (): { done: true; value: undefined } => {
    isOver = true;
    stop();
    // Not awaited: the source may be waiting for its next event, and would return only after it.
    void iterator.return?.();
    return { done: true, value: undefined };
  };
  const sayEnd = (): { done: false; value: ExecutionResult } => {
    close();
    return { done: false, value: ENDED };
  };
  const stop = onEnded(() => {
    hasEnded = true;
    if (answer !== undefined) answer(sayEnd());
  });
  return {
    async next() {
      if (isOver) return close();
      if (hasEnded) return sayEnd();
      return new Promise((resolve, reject) => {
        answer = resolve;
        iterator
          .next()
          .finally(() => {
            answer = undefined;
          })
          .then(
            (next) => resolve(next.done === true ? close() : next),
            (error: unknown) => {
              close();
              reject(error);
            },
          );
      });
    },
    return: async () => close(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
