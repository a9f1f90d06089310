/**
 * PostgreSQL refuses to run as root, and containers often are root. Then its programs run as the
 * user `postgres` or, without one, `nobody`. Where that user cannot reach a folder (a checkout
 * below a home of mode 0700), the programs keep one capability, to look into folders, by setpriv;
 * changing the modes of folders that are not ours would be worse.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Outcome {
  readonly isSuccess: boolean;
  /** What the program wrote to either stream. */
  readonly output: string;
}

/**
 * The account that PostgreSQL's programs run under; undefined means our own. Data that are there
 * already decide: their owner goes on.
 */
export async function accountFor(dataFolder: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const existing = await stat(dataFolder).catch(() => undefined);
  if (existing !== undefined && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid };
  const users = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  const [uid, gid] = [Number(user?.[2]), Number(user?.[3])];
  if (!Number.isInteger(uid) || !Number.isInteger(gid) || uid === 0) {
    throw new StartError(
      'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: start the server as an ordinary user, or create one with "useradd --system postgres".',
    );
  }
  return { uid, gid };
}

/** Runs a program to its end under the account; `paths` are what it must be able to reach. */
export async function runAs(
  account: Account | undefined,
  paths: readonly string[],
  program: string,
  args: readonly string[],
): Promise<Outcome> {
  if (account === undefined || (await canReachAll(account, paths))) return run(program, args, account);
  const setpriv = await findInPath('setpriv');
  const capability = await folderCapability();
  if (setpriv === undefined || capability === undefined) {
    throw new StartError(
      `PostgreSQL does not run as root, and user ${account.uid}, whom it would run as, cannot enter ${paths.join(' or ')}: set DATA_DIR to a folder that all users can enter, or start the server as an ordinary user.`,
    );
  }
  const privileges = [
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    `--inh-caps=-all,+${capability}`,
    `--ambient-caps=-all,+${capability}`,
  ];
  return run(setpriv, [...privileges, program, ...args], undefined);
}

function run(program: string, args: readonly string[], account: Account | undefined): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...account,
      // Our own folder may be closed to the account, and Ctrl-C is meant for us.
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Messages are read below, and PG* variables are meant for clients.
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ isSuccess: code === 0, output }));
  });
}

async function canReachAll(account: Account, paths: readonly string[]): Promise<boolean> {
  const reachable = await Promise.all(paths.map((path) => canReach(account, path)));
  return reachable.every(Boolean);
}

async function canReach(account: Account, path: string): Promise<boolean> {
  const parent = dirname(path);
  if (parent === path) return true;
  const { mode, uid, gid } = await stat(parent);
  const bit = uid === account.uid ? constants.S_IXUSR : gid === account.gid ? constants.S_IXGRP : constants.S_IXOTH;
  return (mode & bit) !== 0 && canReach(account, parent);
}

/** The narrower capability where root has it; Docker gives root only the wider one. */
async function folderCapability(): Promise<'dac_read_search' | 'dac_override' | undefined> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  // Bit numbers of linux/capability.h.
  if (effective & (1n << 2n)) return 'dac_read_search';
  if (effective & (1n << 1n)) return 'dac_override';
  return undefined;
}

async function findInPath(program: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, program);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}
