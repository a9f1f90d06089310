/**
 * Executes an event once for all subscriptions with the same caller and the same query. A page that a
 * thousand people have open is a thousand subscriptions with the same selection; which events each of them
 * gets is decided before.
 */
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
  Kind,
  visit,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isPassing, type Patience } from '../database/recovery.ts';
import type { RequestContext } from './builder.ts';
import { mapStream } from './result-stream.ts';

type Subscribe = AsyncIterableIterator<ExecutionResult> | ExecutionResult;

/**
 * Creates the plugin that executes each event once for all subscriptions that would get the same result.
 * The object of the event is read again while the database is unreachable: if an error were sent instead,
 * the client’s cursor would already be past the event.
 */
export function shareEvents({ patience }: { patience(): Patience }): Plugin<RequestContext> {
  const answers = new WeakMap<object, Map<string, Promise<ExecutionResult>>>();
  const documents = createNumbers<DocumentNode>();
  const answer = (args: ExecutionArgs, question: string, event: object): Promise<ExecutionResult> => {
    const told = answers.get(event) ?? new Map<string, Promise<ExecutionResult>>();
    answers.set(event, told);
    const known = told.get(question);
    if (known !== undefined) return known;
    const fresh = executePatiently({ ...args, rootValue: event }, patience());
    told.set(question, fresh);
    return fresh;
  };
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs): Promise<Subscribe> => {
        const events = await createSourceEventStream(args);
        if (!(Symbol.asyncIterator in events)) return events;
        const { caller } = args.contextValue as RequestContext;
        // The caller’s identity and permissions are included, because resolvers of the event’s object may check them.
        const question = JSON.stringify([
          documents.of(args.document),
          args.operationName,
          caller.id,
          caller.role,
          caller.familyId,
          selectionVariables(args),
        ]);
        return mapStream(
          events as AsyncIterable<object>,
          (event) => answer(args, question, event),
          (error) => ({ errors: [error] }),
        );
      });
    },
  };
}

async function executePatiently(args: ExecutionArgs, patience: Patience): Promise<ExecutionResult> {
  for (;;) {
    const result = await execute(args);
    const passing = result.errors?.map(({ originalError }) => originalError).find(isPassing);
    if (passing === undefined || !(await patience(passing))) return result;
  }
}

/** The values of the variables in the selection of the root field; the root field’s arguments only choose events. */
function selectionVariables({ document, operationName, variableValues }: ExecutionArgs): unknown[] {
  const names = new Set<string>();
  const operation = getOperationAST(document, operationName);
  const note = { Variable: ({ name }: { readonly name: { readonly value: string } }) => void names.add(name.value) };
  for (const field of operation?.selectionSet.selections ?? []) {
    if (field.kind === Kind.FIELD && field.selectionSet) visit(field.selectionSet, note);
    else if (field.kind !== Kind.FIELD) visit(field, note);
    for (const directive of field.directives ?? []) visit(directive, note);
  }
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) visit(definition, note);
  return [...names].sort().map((name) => variableValues?.[name]);
}

/** Numbers documents: the cache of parsed documents returns the same object for equal texts. */
function createNumbers<T extends object>(): { of(item: T): number } {
  const numbers = new WeakMap<T, number>();
  let last = 0;
  return {
    of(item) {
      const number = numbers.get(item) ?? ++last;
      numbers.set(item, number);
      return number;
    },
  };
}
