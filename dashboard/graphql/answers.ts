/**
 * Returns a cached result at once and fetches what is missing; after a mutation, fetches the queries that contain
 * changed objects again.
 */
import { type Exchange, formatDocument, makeOperation, type Operation, type OperationResult } from 'urql';
import { filter, map, merge, pipe, share, tap } from 'wonka';
import { createAnswers, typesIn } from './answers.rules.ts';

/** A page runs up to ten queries, and users go back and forth between a few pages. */
const MOST_LEFT = 50;

export const answersExchange: Exchange =
  ({ client, forward }) =>
  (operations) => {
    const answers = createAnswers<OperationResult>(MOST_LEFT);
    const askAgain = (operation: Operation): void =>
      client.reexecuteOperation(
        makeOperation(operation.kind, operation, { ...operation.context, requestPolicy: 'network-only' }),
      );
    const noted = pipe(
      operations,
      tap(({ kind, key }) => {
        if (kind === 'query') answers.look(key);
        else if (kind === 'teardown') answers.leave(key);
      }),
      share,
    );
    const isKnown = ({ kind, key, context }: Operation): boolean =>
      kind === 'query' && context.requestPolicy !== 'network-only' && answers.get(key) !== undefined;
    const known = pipe(
      noted,
      filter(isKnown),
      map((operation) => {
        const isAskedAgain = operation.context.requestPolicy === 'cache-and-network';
        if (isAskedAgain) askAgain(operation);
        return { ...(answers.get(operation.key) as OperationResult), operation, stale: isAskedAgain };
      }),
    );
    const asked = pipe(
      noted,
      filter((operation) => !isKnown(operation)),
      map(withTypes),
      forward,
      tap((result) => {
        const { operation, data } = result;
        if (data == null) return;
        if (operation.kind === 'query') answers.put(operation.key, result, typesIn(data));
        if (operation.kind === 'mutation') for (const gone of answers.forget(typesIn(data))) askAgain(gone.operation);
      }),
    );
    return merge([known, asked]);
  };

/** Adds __typename to every object in the document. */
function withTypes(operation: Operation): Operation {
  if (operation.kind !== 'query' && operation.kind !== 'mutation') return operation;
  const typed = makeOperation(operation.kind, operation);
  typed.query = formatDocument(operation.query);
  return typed;
}
