/** The CPU time and memory of processes, from /proc (Linux only); times in seconds. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TICKS_PER_SECOND = 100;

interface Stat {
  readonly parent: number;
  /** User and system time of the process, in seconds. */
  readonly own: number;
  /** User and system time of its children that have ended, in seconds. */
  readonly ended: number;
}

function statOf(pid: number | string): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The process name, in brackets, may contain spaces.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return { parent, own: (user + system) / TICKS_PER_SECOND, ended: (endedUser + endedSystem) / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}

/** CPU time of a process in seconds, with its threads, without its children. */
export const cpuOf = (pid: number): number => statOf(pid)?.own ?? Number.NaN;

/**
 * CPU time of a PostgreSQL in seconds, by its data folder: all backends, including those that have ended. NaN if it
 * runs on another machine.
 */
export function cpuOfPostgres(pgData: string): number {
  const pidFile = join(pgData, 'postmaster.pid');
  if (!existsSync(pidFile)) return Number.NaN;
  const postmaster = Number(readFileSync(pidFile, 'utf8').split('\n', 1)[0]);
  for (;;) {
    const before = statOf(postmaster);
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => statOf(name))
      .filter((stat) => stat?.parent === postmaster);
    const main = statOf(postmaster);
    if (before === undefined || main === undefined) return Number.NaN;
    // A backend that ended in between would be counted in neither, or in both.
    if (main.ended !== before.ended) continue;
    return main.own + main.ended + children.reduce((sum, stat) => sum + (stat?.own ?? 0), 0);
  }
}

/** Resident memory of a process in megabytes: now, or the most that it ever had. */
export function residentMegabytes(pid: number, which: 'now' | 'most' = 'now'): number {
  const kilobytes = (which === 'now' ? /VmRSS:\s+(\d+)/ : /VmHWM:\s+(\d+)/).exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  )?.[1];
  return Number(kilobytes) / 1024;
}
