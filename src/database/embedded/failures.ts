/**
 * Why the embedded database does not start, in one plain sentence with what to do: from what the
 * file system answered, or from what PostgreSQL's programs said.
 */
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';

/** A StartError for what a program of PostgreSQL said when it failed. */
export async function explainFailure(program: string, folder: string, output: string): Promise<StartError> {
  if (/No space left on device|Check free disk space/.test(output) || (await isDiskFull(dirname(folder))))
    return diskFull(folder);
  if (/Permission denied|Read-only file system/.test(output)) return notWritable(folder);
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const reason = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  // initdb removes what it made, and its log with it.
  const where = program === 'initdb' ? '' : `; see ${join(folder, 'server.log')}`;
  return new StartError(`The embedded PostgreSQL in ${folder} does not start (${program}: ${reason})${where}.`);
}

/** A StartError for what the file system refused; any other error as it is. */
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
      return new StartError(`The data folder ${folder} cannot be made, a file is in its place: set DATA_DIR.`);
    default:
      return error;
  }
}

/** On a full disk PostgreSQL may have no room to say so. It takes space by segments of 16 MB. */
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
