/** What every mutation may answer instead of its payload. */
import { graphql } from '../graphql/graphql.ts';

/** The problems of bad input stand with their fields. */
export const Refusal = graphql(`
  fragment Refusal on MutationError @_unmask {
    code message
    ... on InvalidInputError { issues { path code message } }
  }
`);
