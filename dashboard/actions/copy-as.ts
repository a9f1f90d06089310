/** A mutation or a query as a script would send it. */
import { stringifyDocument } from '@urql/core';
import type { AnyVariables, TypedDocumentNode } from 'urql';
import type { Viewer } from '../access/viewer.tsx';

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
