/** Checks whether PostgreSQL runs on a data folder, from its lock file, which a dead server may have left. */
import { readFileSync } from 'node:fs';
import { readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './processes.ts';

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** Reads the server’s process id and port from its lock file; the server may be dead. */
export function readPostmaster(data: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 ? { pid, port } : undefined;
}

/**
 * Whether the process serves this data folder. Process ids are reused, in containers soon: the process with
 * the id in the lock file may be any program.
 */
export async function servesData({ pid }: Postmaster, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  // PostgreSQL’s working directory is its data folder. Root in a container may not be allowed to read other
  // users’ processes.
  const workingFolder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (workingFolder !== undefined) return isSameFolder(workingFolder, data);
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'postgres';
}

/**
 * Removes a stale lock file. PostgreSQL ignores a lock file whose process is gone, but not one whose id is
 * in use, by another process or by the server’s own zombie. The file is moved before it is deleted, and
 * moved back if a new server had just written it.
 */
export async function removeStaleLock(data: string, stale: Postmaster): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const aside = `${file}.stale-${process.pid}`;
  try {
    await rename(file, aside);
    const moved = Number((await readFile(aside, 'utf8')).split('\n')[0]);
    if (moved === stale.pid) await rm(aside);
    else await rename(aside, file);
  } catch (error) {
    // Another process that is starting was faster.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Whether two paths lead to the same folder. */
export async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [left, right] = await Promise.all([stat(one).catch(() => undefined), stat(other)]);
  return left !== undefined && left.ino === right.ino && left.dev === right.dev;
}
