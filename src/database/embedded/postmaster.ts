/** Whether PostgreSQL runs on a data folder: by its lock file, which may be a dead server's. */
import { readFileSync } from 'node:fs';
import { readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './processes.ts';

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** The running server, as its own lock file says; it may be a dead one's. */
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

/** Ids are used again, in containers soon: a process with the id in the lock file may be anything. */
export async function servesData({ pid }: Postmaster, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  // PostgreSQL's working folder is its data folder. Root in a container may not look at other users' processes.
  const workingFolder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (workingFolder !== undefined) return isSameFolder(workingFolder, data);
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'postgres';
}

/**
 * PostgreSQL ignores a lock file whose process is gone; one whose id is taken, by another process
 * or by its own remains that no one buried, it believes. Moved before it is deleted, and back if a new server had just written it.
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
    // Another process that starts at the same moment was faster.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Whether two paths lead to the same folder. */
export async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [left, right] = await Promise.all([stat(one).catch(() => undefined), stat(other)]);
  return left !== undefined && left.ino === right.ino && left.dev === right.dev;
}
