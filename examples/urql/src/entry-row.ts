/** What a row of the list shows. The subscription selects the same, so that an event updates the row. */
import { graphql } from './hub.ts';

export const EntryRow = graphql(`
  fragment EntryRow on QueuedCreation @_unmask {
    id
    entryId
    username
    fullName
    status
    lastErrorMessage
    createdAt
    attempts(first: 10) {
      nodes {
        number
        outcome
        duration
      }
    }
  }
`);
