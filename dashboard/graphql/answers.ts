/**
 * Returns a cached result at once and fetches what is missing; after a mutation, fetches the queries that contain
 * changed objects again.
 * Unlike urql's own cache it has a limit: a page that stays open fetches a set of changed rows, or another span of
 * time, with other variables every few seconds.
 */

import { type Exchange, formatDocument, makeOperation, type Operation, type OperationResult } from 'urql';
import { filter, map, merge, pipe, share, tap } from 'wonka';

/*
 * A cache of results, so that a page can be shown at once when the user returns to it: those in use, and the last few
 * that were. Pure.
 */

interface Answers<Answer> {
  readonly get: (key: number) => Answer | undefined;
  /** `types`: the types of the objects in the result. */
  readonly put: (key: number, answer: Answer, types: ReadonlySet<string>) => void;
  readonly look: (key: number) => void;
  /** The result is no longer in use. */
  readonly leave: (key: number) => void;
  /**
   * Drops the results that contain objects of these types, because the objects have changed; returns what it dropped.
   */
  readonly forget: (types: ReadonlySet<string>) => Answer[];
  readonly size: () => number;
}

/** `most`: how many results that are not in use are kept. */
export function createAnswers<Answer>(most: number): Answers<Answer> {
  // In the order of arrival or of leaving: the first is the oldest.
  const kept = new Map<number, { readonly answer: Answer; readonly types: ReadonlySet<string> }>();
  const looked = new Set<number>();

  const drop = (): void => {
    const left = [...kept.keys()].filter((key) => !looked.has(key));
    for (const key of left.slice(0, Math.max(0, left.length - most))) kept.delete(key);
  };
  return {
    get: (key) => kept.get(key)?.answer,
    put: (key, answer, types) => {
      kept.delete(key);
      kept.set(key, { answer, types });
      drop();
    },
    look: (key) => looked.add(key),
    leave: (key) => {
      looked.delete(key);
      const found = kept.get(key);
      if (found === undefined) return;
      kept.delete(key);
      kept.set(key, found);
      drop();
    },
    forget: (types) => {
      const gone: Answer[] = [];
      for (const [key, { answer, types: held }] of kept) {
        if (![...held].some((type) => types.has(type))) continue;
        kept.delete(key);
        gone.push(answer);
      }
      return gone;
    },
    size: () => kept.size,
  };
}

/** The types of all objects in a result. */
export function typesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const part of value) typesIn(part, found);
  else if (typeof value === 'object' && value !== null)
    for (const [name, part] of Object.entries(value))
      if (name === '__typename' && typeof part === 'string') found.add(part);
      else typesIn(part, found);
  return found;
}

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
