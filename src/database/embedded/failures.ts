/**
 * Explains in one sentence why the embedded database does not start and what to do: from the file system’s
 * error, or from the output of PostgreSQL’s programs.
 */
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';

/** Creates a StartError from the output of a PostgreSQL program that failed. */
export async function explainFailure(program: string, folder: string, output: string): Promise<StartError> {
  if (/No space left on device|Check free disk space/.test(output) || (await isDiskFull(dirname(folder))))
    return diskFull(folder);
  if (/Permission denied|Read-only file system/.test(output)) return notWritable(folder);
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const reason = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  // initdb removes the folder that it created, and the log in it.
  const where = program === 'initdb' ? '' : `; see ${join(folder, 'server.log')}`;
  return new StartError(`The embedded PostgreSQL in ${folder} does not start (${program}: ${reason})${where}.`);
}

/** Turns a file system error into a StartError; returns any other error unchanged. */
export function explainFileError(error: unknown, folder: string): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return diskFull(folder);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return notWritable(folder);
    case 'ENOTDIR':
    case 'EEXIST':
      return new StartError(`The data folder ${folder} cannot be created: a file is in its place: set DATA_DIR.`);
    default:
      return error;
  }
}

/** On a full disk PostgreSQL may have no space to log that. It allocates WAL in segments of 16 MB. */
async function isDiskFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < 16 * 1024 * 1024;
}

function diskFull(folder: string): StartError {
  return new StartError(`The disk that holds the data folder ${folder} is full: make room, or set DATA_DIR.`);
}

function notWritable(folder: string): StartError {
  return new StartError(
    `The data folder ${folder} is not writable, or belongs to another user: give it to the user who starts the server, or set DATA_DIR.`,
  );
}
