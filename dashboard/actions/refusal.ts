/** The error that every mutation may return instead of its payload. */

import { graphql } from '../graphql/graphql.ts';

/** For invalid input, with the issues by field. */
export const Refusal = graphql(`
  fragment Refusal on MutationError @_unmask {
    code message
    ... on InvalidInputError { issues { path code message } }
  }
`);
