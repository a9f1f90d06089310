/**
 * One PostgreSQL data folder: made by initdb, started and stopped by pg_ctl. A new one is made
 * beside its place and renamed into it, so a half-made one never counts and of two processes that
 * make it at once one wins. The server's settings are given at each start, not kept in its files.
 *
 *   <folder>/cluster          PostgreSQL's own folder
 *   <folder>/connection.json  the superuser's password, and the port; mode 0600
 *   <folder>/owner.password   that of the database's owner, whom everybody connects as; mode 0600
 *   <folder>/server.log       what PostgreSQL says
 */
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';
import { type Account, accountFor, type Outcome, runAs } from './account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { readConnection, saveConnection } from './connection.ts';
import { explainFailure, explainFileError } from './failures.ts';
import { placeOf } from './place.ts';
import { freePort, isFree } from './ports.ts';
import { removeAbandoned } from './processes.ts';

const MAJOR_VERSION = '18';
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Settings of every start; none of them weakens what PostgreSQL promises. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // No socket files: their paths are limited in length, and their folder may not be writable.
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Rows and statements do not belong in a log file: no values of a violated constraint, no statement.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/** The initdb and start options of a database whose loss does not matter (tests). */
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
  /** Where it lies, whatever the link to it. */
  readonly folder: string;
  readonly data: string;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  readonly options: ClusterOptions;
}

/**
 * Finds the cluster in a folder, or makes it; where PostgreSQL cannot reach the folder, in another
 * to which it then leads. Throws a StartError when the folder cannot be used.
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

/** Makes the data folder, unless another process is faster. */
async function createCluster({ folder, binaries, account, options }: Cluster): Promise<void> {
  const draft = `${folder}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  const data = join(draft, 'cluster');
  const passwordFile = join(draft, 'password');
  const password = randomBytes(18).toString('base64url');
  try {
    await mkdir(draft);
    // Whatever the umask says, the account must come through to its own folder.
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
      // The same order and case rules on every machine, whatever locales it has.
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
 * Starts the server and waits until it answers; a failure is returned, since it may be the other
 * starter's luck. It takes the port of the last time if that is free; with `keepsPort` no other.
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

/** Keeps the log from growing for ever; returns where the coming start's lines begin. */
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
