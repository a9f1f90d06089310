/** Why a subscription cannot go on from a cursor, as the API says it. */
import { GraphQLError } from 'graphql';

/** What lies behind the cursor was deleted, or the database does not hold what the cursor has seen. */
export class CursorExpiredError extends GraphQLError {
  /** `oldestCursor`: the oldest place that can be gone on from. */
  constructor(oldestCursor: string) {
    super(
      'What was changed since this cursor is not known any more: it is older than three days, or the database was restored or has lost what was told (a failover without its last changes). Load what you show anew, then subscribe from the query "changeCursor", or from oldestCursor.',
      { extensions: { code: 'CURSOR_EXPIRED', oldestCursor } },
    );
  }
}

export const malformedCursor = (): GraphQLError =>
  new GraphQLError(
    'after: this is no cursor of a change. Give the `cursor` of an event as it came, or of the query "changeCursor", or leave it out.',
    { extensions: { code: 'BAD_USER_INPUT' } },
  );
