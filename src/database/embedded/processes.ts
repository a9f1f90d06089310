/** Whether an id from a lock file or a folder's name still stands for a running process. */
import { readFileSync } from 'node:fs';

/** Whether a process with this id runs, ours or not. */
export function isAlive(pid: number): boolean {
  return isTaken(pid) && !isZombie(pid);
}

/** Whether the id is in use, be it by a dead process whom its parent has not buried. */
export function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** In a container process 1 is often one that buries no orphans, such as a server. */
function isZombie(pid: number): boolean {
  try {
    // "<pid> (<name>) <state> ...", and the name may hold anything.
    return /\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
