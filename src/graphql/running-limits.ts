/**
 * Limits on running operations: the open subscriptions of one caller, and the duration of a response.
 * Database queries have their own, shorter timeout.
 */
import type { ServerResponse } from 'node:http';
import { type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { RequestContext } from './builder.ts';
import type { ErrorCode } from './errors.ts';

/** What Yoga adds to the context for Node’s request and response. */
type Served = RequestContext & { readonly res?: ServerResponse };

/** Refuses a subscription when its caller already has `most` open; one counts until its connection closes. */
export function limitSubscriptions(most: number): Plugin<RequestContext> {
  const open = new Map<string, number>();
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { caller, res } = args.contextValue as Served;
      const count = open.get(caller.id) ?? 0;
      if (count >= most) {
        const message = `You have ${count} open subscriptions, at most ${most} are allowed (MAX_SUBSCRIPTIONS). Close one first.`;
        setResultAndStopExecution({ errors: [refusal(message, 'TOO_MANY_SUBSCRIPTIONS', 429)] });
        return;
      }
      if (res === undefined || res.closed) return;
      open.set(caller.id, count + 1);
      res.once('close', () => {
        const left = (open.get(caller.id) ?? 1) - 1;
        if (left > 0) open.set(caller.id, left);
        else open.delete(caller.id);
      });
    },
  };
}

/**
 * Returns TIMEOUT for a query or mutation that takes longer than `timeoutMs`. Its remaining work is not
 * aborted: each of its database queries has a timeout, and a mutation that was sent is completed. (The
 * executor could take a signal, but then races a promise for each object, which costs a tenth of a page’s
 * time.)
 */
export function limitDuration(timeoutMs: number): Plugin<RequestContext> {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      setExecuteFn((given: ExecutionArgs) => {
        const result = executeFn(given) as ExecutionResult | Promise<ExecutionResult>;
        if (!(result instanceof Promise)) return result;
        return new Promise<ExecutionResult>((resolve, reject) => {
          const isQuery = getOperationAST(args.document, args.operationName)?.operation === 'query';
          const timer = setTimeout(() => resolve({ errors: [tooLong(timeoutMs, isQuery)] }), timeoutMs);
          result.then(resolve, reject).finally(() => clearTimeout(timer));
        });
      });
    },
  };
}

function tooLong(timeoutMs: number, isQuery: boolean): GraphQLError {
  const remedy = isQuery
    ? 'Request smaller pages or fewer fields, or narrow the filter.'
    : 'The change may have been made or not: check, or repeat it with the same idempotencyKey.';
  return refusal(`The answer took longer than ${timeoutMs} ms. ${remedy}`, 'TIMEOUT', 504);
}

const refusal = (message: string, code: ErrorCode, status: number): GraphQLError =>
  new GraphQLError(message, { extensions: { code, http: { status } } });
