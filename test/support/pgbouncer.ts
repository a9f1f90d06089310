/**
 * A PgBouncer for one test in front of a database: Debian's, in transaction mode with defaults otherwise, as in
 * most installations. It does not run as root.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { access, chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { accountFor } from '../../src/database/embedded/account.ts';
import { freePort } from '../../src/database/embedded/cluster.ts';
import { until } from './process.ts';

/** Debian installs it in a folder that is not in every user's PATH. */
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];

export interface PgBouncer {
  /** The database's URL through the pooler. */
  readonly url: string;
  /** The number of server connections that the pooler holds, from its admin console. */
  servers(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts it in front of the database of the URL, with at most `poolSize` connections to it and `settings` over the
 * defaults. Throws an Error that names the package to install when PgBouncer is missing.
 */
export async function startPgBouncer(
  databaseUrl: string,
  { poolSize, settings = {} }: { poolSize: number; settings?: Readonly<Record<string, string>> },
): Promise<PgBouncer> {
  const program = await findProgram();
  const target = new URL(databaseUrl);
  const name = target.pathname.slice(1);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'family-hub-jobs-pgbouncer-'));
  const account = await accountFor(folder);
  const users = join(folder, 'users.txt');
  const configuration = join(folder, 'pgbouncer.ini');
  await writeFile(users, `"${target.username}" "${decodeURIComponent(target.password)}"\n`, { mode: 0o600 });
  await writeFile(
    configuration,
    [
      '[databases]',
      `${name} = host=${target.hostname} port=${target.port} dbname=${name}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${users}`,
      `admin_users = ${target.username}`,
      'pool_mode = transaction',
      `default_pool_size = ${poolSize}`,
      ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`),
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  if (account !== undefined) {
    await chmod(folder, 0o700);
    for (const path of [folder, users, configuration]) await chown(path, account.uid, account.gid);
  }
  const child = spawn(program, [configuration], { ...account, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  const said = outputOf(child);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });

  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const consoleUrl = new URL(url.href);
  consoleUrl.pathname = '/pgbouncer';
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until('PgBouncer to answer', async () => {
      if (child.exitCode !== null) throw new Error(`PgBouncer ended: ${said()}`);
      return ask(url.href, 'SELECT 1').then(
        () => true,
        () => false,
      );
    });
  } catch (error) {
    await stop();
    throw new Error(`PgBouncer does not start: ${said()}`, { cause: error });
  }
  return { url: url.href, servers: async () => (await ask(consoleUrl.href, 'SHOW SERVERS')).length, stop };
}

async function findProgram(): Promise<string> {
  for (const folder of FOLDERS) {
    const file = join(folder, 'pgbouncer');
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  throw new Error('This test needs PgBouncer: install it with "apt-get install pgbouncer".');
}

function outputOf(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return () => output;
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
