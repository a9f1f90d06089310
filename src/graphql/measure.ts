/**
 * Measures operations. Callers choose the operation names, so metrics use the selected root field, which is
 * a field of the schema once the document has been validated. Requests that are refused earlier (invalid,
 * unknown fields, too large) are counted too: they show a frontend that does not match this server, and
 * many of them get HTTP 200.
 */
import type { ServerResponse } from 'node:http';
import {
  type DocumentNode,
  type ExecutionArgs,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ServerMetrics } from '../metrics.ts';
import type { RequestContext } from './builder.ts';

/** What Yoga adds to the context for Node’s request and response. */
type Served = RequestContext & { readonly request: Request; readonly res?: ServerResponse };

/**
 * Creates the plugin that counts and times operations and counts open subscriptions. It must be the first
 * plugin, since a later one may end the request.
 */
export function measureOperations(metrics: ServerMetrics['graphql']): Plugin<RequestContext> {
  const named = new WeakMap<OperationDefinitionNode, string>();
  const executed = new WeakSet<Request>();
  const open = new Map<string, number>();
  const count = (operation: string, by: number): void => {
    const now = (open.get(operation) ?? 0) + by;
    open.set(operation, now);
    metrics.subscriptions.set(now, { operation });
  };
  const begin = ({ document, operationName, contextValue }: ExecutionArgs) => {
    const begun = performance.now();
    executed.add((contextValue as Served).request);
    const node = getOperationAST(document, operationName);
    const operation = (node && named.get(node)) ?? rootFieldOf(document, node);
    if (node) named.set(node, operation);
    return {
      operation,
      end(result: unknown): void {
        const seconds = (performance.now() - begun) / 1_000;
        const isOk = !(typeof result === 'object' && result !== null && 'errors' in result && result.errors);
        const ok = isOk ? 'true' : 'false';
        metrics.duration.observe(seconds, { type: node?.operation ?? 'query', ok });
        metrics.operations.inc(1, { operation, ok });
        metrics.seconds.inc(seconds, { operation });
      },
    };
  };
  return {
    onExecute({ args }) {
      const { end } = begin(args);
      return { onExecuteDone: ({ result }) => end(result) };
    },
    onSubscribe({ args }) {
      const { operation, end } = begin(args);
      return {
        onSubscribeResult({ result }) {
          end(result);
          const { res } = args.contextValue as Served;
          if (!(Symbol.asyncIterator in result) || res === undefined || res.closed) return;
          count(operation, 1);
          res.once('close', () => count(operation, -1));
        },
      };
    },
    onResponse({ request }) {
      if (!executed.has(request)) metrics.operations.inc(1, { operation: 'refused', ok: 'false' });
    },
  };
}

/** The root field that an operation selects, `several`, `introspection`, or `none` (only `__typename`). */
export function rootFieldOf(document: DocumentNode, node: OperationDefinitionNode | null | undefined): string {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  const fields = new Set<string>();
  const visit = (set: SelectionSetNode | undefined): void => {
    for (const one of set?.selections ?? []) {
      if (one.kind === Kind.FIELD) fields.add(one.name.value);
      else visit(one.kind === Kind.INLINE_FRAGMENT ? one.selectionSet : fragments.get(one.name.value)?.selectionSet);
    }
  };
  visit(node?.selectionSet);
  fields.delete('__typename');
  const [first, ...others] = [...new Set([...fields].map((name) => (name.startsWith('__') ? 'introspection' : name)))];
  return others.length > 0 ? 'several' : (first ?? 'none');
}
