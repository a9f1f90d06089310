/** Runs an action: sends its mutation and distinguishes done, refused and broken. */

import { stringifyDocument } from '@urql/core';
import type { AnyVariables, TypedDocumentNode } from 'urql';
import type { Viewer } from '../access/viewer.tsx';
import { client } from '../graphql/client.ts';
import { problemOf, unansweredOf } from '../graphql/problems.ts';
import type { Action, Refusal } from './action.ts';
import { createIntents } from './address.rules.ts';

/** A random idempotency key. crypto.randomUUID is missing on a page served over plain HTTP from another machine. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export type Performed<Payload> =
  | { readonly kind: 'done'; readonly payload: Payload }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'broken'; readonly message: string };

const UNKNOWN = 'The result is unknown.';
const ONCE = 'Try again. A repeat is safe.';
const LOOK_FIRST = 'Check whether it was done before you try again.';

const intentOf = createIntents(newKey);

/**
 * Runs the action once, however often it is sent: the same input has the same key until a response has arrived. `key`:
 * set it when more than the input distinguishes one intent from another.
 */
export async function perform<Input extends object, Payload>(
  action: Action<Input, Payload>,
  input: Input,
  key?: string,
): Promise<Performed<Payload>> {
  if (!action.hasKey || key !== undefined) return await send(action, input, key);
  const intent = intentOf(action.mutation, input);
  const result = await send(action, input, intent.key);
  if (result.kind !== 'broken') intent.answered();
  return result;
}

async function send<Input extends object, Payload>(
  action: Action<Input, Payload>,
  input: Input,
  key: string | undefined,
): Promise<Performed<Payload>> {
  const whole = action.hasKey ? { ...input, idempotencyKey: key } : input;
  const { data, error } = await client.mutation(action.document, { input: whole }).toPromise();
  const unanswered = error && unansweredOf(error);
  // Queries are retried automatically; mutations are not.
  if (unanswered !== undefined) {
    const { happened, mayBeDone, whatHelps } = unanswered;
    const after = mayBeDone ? `${UNKNOWN} ${action.hasKey ? ONCE : LOOK_FIRST}` : `Not done. ${whatHelps}`;
    return { kind: 'broken', message: `${happened} ${after}` };
  }
  if (error !== undefined) return { kind: 'broken', message: problemOf(error) };
  const outcome = data?.outcome ?? null;
  if (outcome === null)
    return { kind: 'broken', message: 'The server sent no answer. Check whether it was done before you try again.' };
  if (isRefusal(outcome)) return { kind: 'refused', refusal: outcome };
  return { kind: 'done', payload: outcome as Payload };
}

const isRefusal = (outcome: object): outcome is Refusal => 'code' in outcome && 'message' in outcome;

/** The issues of a refusal by field, and the text of those without a visible field. */
export function problemsOf(
  refusal: Refusal,
  shown: readonly string[],
): { fields: Record<string, string>; rest: string | undefined } {
  const fields: Record<string, string> = {};
  const others: string[] = [];
  for (const { path, message } of refusal.issues ?? []) {
    const name = path.findLast((step) => shown.includes(step)) ?? '';
    const text = message.charAt(0).toUpperCase() + message.slice(1);
    if (name !== '') fields[name] = fields[name] === undefined ? text : `${fields[name]} ${text}`;
    else others.push(path.length === 0 ? text : `${path.join('.')} ${message}`);
  }
  const isExplained = Object.keys(fields).length > 0 && others.length === 0;
  return { fields, rest: isExplained ? undefined : others.length > 0 ? others.join(' ') : refusal.message };
}

/* A mutation or a query as a script would send it. */

export const asGraphql = <Result, Variables extends AnyVariables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: NoInfer<Variables>,
): string => `${stringifyDocument(document)}\n\n# Variables\n# ${JSON.stringify(variables)}`;

/** For bash. The token comes from the variable TOKEN, if the server requires one. */
export function asCurl<Result, Variables extends AnyVariables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: NoInfer<Variables>,
  viewer: Pick<Viewer, 'kind'>,
): string {
  const body = JSON.stringify({ query: stringifyDocument(document).replace(/\s+/g, ' '), variables });
  return [
    `curl -s ${window.location.origin}/graphql`,
    `-H 'content-type: application/json'`,
    // Without access control, the server would refuse an empty token.
    ...(viewer.kind === 'LOCAL' ? [] : [`-H "authorization: Bearer $TOKEN"`]),
    `-d '${body.replaceAll("'", `'\\''`)}'`,
  ].join(' \\\n  ');
}
