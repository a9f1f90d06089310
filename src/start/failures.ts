/** Explains a start that failed because of the database, with the remedy. */
import type { Config } from '../config/config.ts';
import { StartError } from '../database/start-error.ts';
import { isConnectionFailure, sqlStateOf } from '../database/violations.ts';

const READ_ONLY = '25006';

/** A StartError for a database (named by `shown`) that is unreachable or read-only; any other error unchanged. */
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

/** For a database that is read-only by its settings. */
export const takesNoWrites = (shown: string): StartError =>
  new StartError(
    `The database at ${shown} can only be read (default_transaction_read_only is on): switch that off for this user and database, or point DATABASE_URL at one that takes writes.`,
  );

export const isStandby = (shown: string): StartError =>
  new StartError(
    `The database at ${shown} is a standby, which can only be read: point DATABASE_URL at the primary, or promote this one.`,
  );

/** Explains why the server cannot listen; returns other errors as they are. */
export function listenError(error: NodeJS.ErrnoException, { HOST, PORT }: Config): Error {
  if (error.code === 'EADDRINUSE')
    return new StartError(
      `Port ${PORT} on ${HOST} is taken by another process. Set PORT to another one, or to 0 for any free one.`,
    );
  if (error.code === 'EACCES')
    return new StartError(`Port ${PORT} may not be used by this user. Set PORT to one above 1023.`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new StartError(`HOST="${HOST}" is not an address of this machine. Example: HOST=127.0.0.1`);
  return error;
}
