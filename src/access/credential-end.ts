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

/** Ends subscriptions as soon as their caller's credential does: one last event says so, and nothing more is sent. */
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
  let end: () => void = () => undefined;
  const ended = new Promise<'ended'>((resolve) => {
    end = () => resolve('ended');
  });
  const stop = onEnded(() => end());
  const close = (): { done: true; value: undefined } => {
    isOver = true;
    stop();
    // Not waited for: the source may be waiting for an event, and would let go only after it.
    void iterator.return?.();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      if (isOver) return close();
      const next = await Promise.race([ended, iterator.next()]);
      if (next !== 'ended') return next.done === true ? close() : next;
      close();
      return { done: false, value: ENDED };
    },
    return: async () => close(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
