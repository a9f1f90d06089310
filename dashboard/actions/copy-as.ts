/** An action or a query as a script would send it. */
import { stringifyDocument } from '@urql/core';
import type { AnyVariables, TypedDocumentNode } from 'urql';

export const asGraphql = <Result, Variables extends AnyVariables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: NoInfer<Variables>,
): string => `${stringifyDocument(document)}\n\n# Variables\n# ${JSON.stringify(variables)}`;

/** For bash: the token, if one is needed, comes from the variable TOKEN. */
export function asCurl<Result, Variables extends AnyVariables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: NoInfer<Variables>,
): string {
  const body = JSON.stringify({ query: stringifyDocument(document).replace(/\s+/g, ' '), variables });
  return [
    `curl -s ${window.location.origin}/graphql`,
    `-H 'content-type: application/json'`,
    `-H "authorization: Bearer $TOKEN"`,
    `-d '${body.replaceAll("'", `'\\''`)}'`,
  ].join(' \\\n  ');
}
