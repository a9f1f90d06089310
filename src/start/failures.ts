/** Why a start ended, where it was the database's doing: in a sentence with what to do. */
import { StartError } from '../database/start-error.ts';
import { isConnectionFailure, sqlStateOf } from '../database/violations.ts';

const READ_ONLY = '25006';

/** A StartError for a database that went away or takes no writes, named by `shown`; any other error as it is. */
export function explainStartFailure(error: unknown, shown: string): unknown {
  if (error instanceof StartError) return error;
  if (sqlStateOf(error) === READ_ONLY) return takesNoWrites(shown);
  if (!isConnectionFailure(error)) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  return new StartError(
    `The database at ${shown} cannot be reached or went away: ${message || code}. Start again once PostgreSQL runs.`,
    { cause: error },
  );
}

/** For a database that says so before anything is tried. */
export const takesNoWrites = (shown: string): StartError =>
  new StartError(
    `The database at ${shown} can only be read (default_transaction_read_only is on): switch that off for this user and database, or point DATABASE_URL at one that takes writes.`,
  );

export const isStandby = (shown: string): StartError =>
  new StartError(
    `The database at ${shown} is a standby, which can only be read: point DATABASE_URL at the primary, or promote this one.`,
  );
