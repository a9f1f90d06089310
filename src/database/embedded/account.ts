/**
 * PostgreSQL refuses to run as root, and containers often run as root. Then its programs run as the user
 * `postgres` or, without one, `nobody`, with none of our capabilities. Files in folders that this user
 * cannot enter are stored elsewhere: src/database/embedded/place.ts.
 */
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StartError } from '../start-error.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Outcome {
  readonly isSuccess: boolean;
  /** The program’s stdout and stderr. */
  readonly output: string;
}

/**
 * The account that PostgreSQL’s programs run under; undefined means our own. If the data, or the folder
 * where they will be created (`<dataDir>`), belong to a user other than root, that user is chosen: a
 * container’s volume belongs to the user that the image intends. Throws a StartError if there is no usable
 * account.
 */
export async function accountFor(dataFolder: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const data = await stat(dataFolder).catch(() => undefined);
  if (data !== undefined && data.uid !== 0) return { uid: data.uid, gid: data.gid };
  const dataDir = await stat(dirname(dirname(dataFolder))).catch(() => undefined);
  // initdb requires a user that has a name.
  if (data === undefined && dataDir !== undefined && dataDir.uid !== 0) {
    if (users.some(([, , uid]) => uid === String(dataDir.uid))) return { uid: dataDir.uid, gid: dataDir.gid };
  }
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  const [uid, gid] = [Number(user?.[2]), Number(user?.[3])];
  if (!Number.isInteger(uid) || !Number.isInteger(gid) || uid === 0) {
    throw new StartError(
      'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: start the server as an ordinary user, or create one with "useradd --system postgres".',
    );
  }
  return { uid, gid };
}

/**
 * Runs a program as the account and waits for its end. A program that runs longer than `timeoutMs` (10 min
 * by default) is killed and counts as failed.
 */
export function runAs(
  account: Account | undefined,
  program: string,
  args: readonly string[],
  timeoutMs = 600_000,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...account,
      // The account may not be able to enter our working folder, and Ctrl-C must reach only this process.
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Messages are parsed below, and PG* variables are for clients.
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    });
    let output = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.unref();
      resolve({ isSuccess: false, output: `${output}\nerror: no end within ${timeoutMs / 1_000} s` });
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ isSuccess: code === 0, output });
    });
  });
}

/**
 * Whether the account can enter a folder or run a program. This asks the kernel, since file modes are not
 * the only rule.
 */
export async function canUse(account: Account | undefined, path: string): Promise<boolean> {
  return account === undefined || (await runAs(account, '/bin/sh', ['-c', 'test -x "$0"', path])).isSuccess;
}
