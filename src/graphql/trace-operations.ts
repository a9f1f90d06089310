/** A span for each operation. Neither the document nor its variables are in it, since they may be personal data. */
import { type ExecutionArgs, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { inSpan, markFailed } from '../telemetry/tracing.ts';
import type { RequestContext } from './builder.ts';
import { rootFieldOf } from './measure.ts';

/** A caller chooses the name, and its length. */
const LONGEST_NAME = 100;

/** Creates the plugin; for a subscription, the span ends when it is open. */
export function traceOperations(): Plugin<RequestContext> {
  const traced =
    (execute: (args: ExecutionArgs) => unknown) =>
    (args: ExecutionArgs): unknown => {
      const node = getOperationAST(args.document, args.operationName);
      const type = node?.operation ?? 'query';
      return inSpan(`${type} ${rootFieldOf(args.document, node)}`, {}, async (span) => {
        span?.setAttributes({
          'graphql.operation.type': type,
          'graphql.operation.name': node?.name?.value.slice(0, LONGEST_NAME),
        });
        const result = await execute(args);
        const [error] =
          (result as { errors?: readonly { extensions?: { code?: unknown } }[] } | undefined)?.errors ?? [];
        if (error !== undefined) markFailed(span, String(error.extensions?.code ?? 'INTERNAL_SERVER_ERROR'));
        return result;
      });
    };
  return {
    onExecute: ({ executeFn, setExecuteFn }) => setExecuteFn(traced(executeFn)),
    onSubscribe: ({ subscribeFn, setSubscribeFn }) => setSubscribeFn(traced(subscribeFn)),
  };
}
