/**
 * One PostgreSQL data folder: created by initdb, started and stopped by pg_ctl. A new one is created beside
 * its final path and then renamed, so a half-created one never counts, and of two processes that create it
 * at the same time one wins. Settings are passed at each start, not stored in configuration files.
 *
 *   <folder>/cluster          PostgreSQL’s own folder
 *   <folder>/connection.json  the superuser’s password, and the port; mode 0600
 *   <folder>/owner.password   the password of the database’s owner, the role for all connections; mode 0600
 *   <folder>/server.log       PostgreSQL’s log
 */

import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';
import { type Account, accountFor, type Outcome, runAs } from './account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { readConnection, saveConnection } from './connection.ts';
import { explainFailure, explainFileError } from './failures.ts';
import { placeOf } from './place.ts';
import { removeAbandoned } from './processes.ts';

/** Whether nothing listens on the port. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A port on which nothing listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('No port was given.'));
        else resolve(address.port);
      });
    });
  });
}

const MAJOR_VERSION = '18';
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Settings of every start; none of them weakens PostgreSQL’s guarantees. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // No socket files: the length of their paths is limited, and their folder may not be writable.
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Keeps data out of the log file: no values of a violated constraint, no statements.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/** The initdb arguments and settings for a disposable database (tests). */
export const THROW_AWAY: ClusterOptions = {
  initdbArguments: ['--no-sync'],
  settings: {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    autovacuum: 'off',
    max_connections: '300',
  },
};

export interface ClusterOptions {
  readonly initdbArguments?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Cluster {
  /** The real folder, with links resolved. */
  readonly folder: string;
  readonly data: string;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  readonly options: ClusterOptions;
}

/**
 * Opens the cluster in a folder, or creates it. If PostgreSQL’s account cannot enter the folder, the
 * cluster is elsewhere and the folder is a link to it. Throws a StartError when the folder cannot be used.
 */
export async function openCluster(link: string, options: ClusterOptions = {}): Promise<Cluster> {
  const parent = dirname(link);
  try {
    await mkdir(parent, { recursive: true });
    const account = await accountFor(join(link, 'cluster'));
    const folder = await placeOf(link, account);
    await removeAbandoned(folder);
    const binaries = await findBinaries(account);
    const data = join(folder, 'cluster');
    const cluster: Cluster = { folder, data, binaries, account, options };
    if ((await readVersion(data)) === undefined) await createCluster(cluster);
    const version = await readVersion(data);
    if (version !== MAJOR_VERSION) {
      throw new StartError(
        version === undefined
          ? `${folder} holds no whole PostgreSQL data folder (cluster/PG_VERSION is missing): move it away, or set DATA_DIR to another folder.`
          : `The data in ${folder} were written by PostgreSQL ${version}, and this server brings ${MAJOR_VERSION}: dump them with ${version} and load them into a new DATA_DIR, or point DATABASE_URL at a PostgreSQL ${version}.`,
      );
    }
    return cluster;
  } catch (error) {
    throw explainFileError(error, parent);
  }
}

/** Creates the data folder, unless another process is faster. */
async function createCluster({ folder, binaries, account, options }: Cluster): Promise<void> {
  const draft = `${folder}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  const data = join(draft, 'cluster');
  const passwordFile = join(draft, 'password');
  const password = randomBytes(18).toString('base64url');
  try {
    await mkdir(draft);
    // Whatever the umask is, the account must be able to enter its data folder.
    await chmod(draft, account === undefined ? 0o700 : 0o711);
    await mkdir(data, { mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await writeFile(join(draft, 'server.log'), '', { mode: 0o600 });
    if (account !== undefined) {
      for (const path of [data, passwordFile, join(draft, 'server.log')]) await chown(path, account.uid, account.gid);
    }
    const { isSuccess, output } = await runAs(account, binaries.initdb, [
      `--pgdata=${data}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      // The same collation and case rules on every machine, whatever locales are installed.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      ...(options.initdbArguments ?? []),
    ]);
    if (!isSuccess) throw await explainFailure('initdb', folder, output);
    await rm(passwordFile);
    await saveConnection(draft, { port: await freePort(), password });
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    const isThere = code === 'ENOTEMPTY' || code === 'EEXIST';
    if (!isThere || (await readVersion(join(folder, 'cluster'))) === undefined) throw error;
  }
}

/**
 * Starts the server and waits until it responds. A failure is returned, not thrown, since another process
 * may have started it. Uses the port of the last time if it is free, else another one; with `keepsPort` it
 * fails instead.
 */
export async function startServer(cluster: Cluster, { keepsPort = false } = {}): Promise<Outcome> {
  const { folder, data, binaries, account, options } = cluster;
  const log = join(folder, 'server.log');
  const logBytes = await prepareLog(log);
  const connection = await readConnection(folder);
  const isPortFree = await isFree(connection.port);
  if (keepsPort && !isPortFree) return { isSuccess: false, output: `Address already in use: ${connection.port}` };
  const port = isPortFree ? connection.port : await freePort();
  const settings = Object.entries({ ...SETTINGS, ...options.settings, port: String(port) });
  const started = await runAs(account, binaries.pgCtl, [
    'start',
    `--pgdata=${data}`,
    `--log=${log}`,
    '--wait',
    '--timeout=60',
    '--silent',
    `--options=${settings.map(([name, value]) => `-c ${name}=${value === '' ? "''" : value}`).join(' ')}`,
  ]);
  if (started.isSuccess) {
    if (port !== connection.port) await saveConnection(folder, { ...connection, port });
    return started;
  }
  const said = (await readFile(log)).subarray(logBytes).toString();
  return { isSuccess: false, output: `${started.output}\n${said}` };
}

/** Limits the size of the log; returns the offset at which the next start’s lines begin. */
async function prepareLog(log: string): Promise<number> {
  const { size } = await stat(log);
  if (size <= MAX_LOG_BYTES) return size;
  await truncate(log);
  return 0;
}

/** Stops the server: open transactions are rolled back, everything committed is on disk. */
export async function stopServer({ data, binaries, account }: Cluster): Promise<Outcome> {
  return runAs(account, binaries.pgCtl, [
    'stop',
    `--pgdata=${data}`,
    '--mode=fast',
    '--wait',
    '--timeout=60',
    '--silent',
  ]);
}

async function readVersion(data: string): Promise<string | undefined> {
  try {
    return (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
