/**
 * Three PostgreSQL under Patroni with an etcd, Debian's, for one test: on loopback, with a synchronous standby, so
 * that no acknowledged commit can be lost. A member can be killed and frozen, and the primary switched over.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { accountFor } from '../../src/database/embedded/account.ts';
import { freePort } from '../../src/database/embedded/cluster.ts';
import { makeOpenFolder, removeDataDir } from './data-dir.ts';
import { processesIn, until } from './process.ts';

const PATRONI = '/usr/bin/patroni';
const ETCD = '/usr/bin/etcd';
/** Patroni's client of etcd, which its package only offers as one of several. */
const ETCD_CLIENT = '/usr/lib/python3/dist-packages/etcd';
const POSTGRES = '/usr/lib/postgresql';
const NAMES = ['pg1', 'pg2', 'pg3'] as const;
const PASSWORD = 'patroni-test';
const DATABASE = 'family_hub';

/** The Debian packages that are missing on this machine; empty when the cluster can be started. */
export function missingPackages(): string[] {
  const wanted = {
    patroni: existsSync(PATRONI),
    'python3-etcd': existsSync(ETCD_CLIENT),
    'etcd-server': existsSync(ETCD),
    postgresql: binaries() !== undefined,
  };
  return Object.entries(wanted).flatMap(([name, isThere]) => (isThere ? [] : [name]));
}

/** The newest PostgreSQL of Debian. */
function binaries(): string | undefined {
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES) : [];
  return versions
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(POSTGRES, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'postgres')));
}

export interface Member {
  readonly name: string;
  readonly port: number;
  /** The URL of this member alone. */
  readonly url: string;
}

interface Started extends Member {
  readonly rest: string;
  readonly folder: string;
}

export interface PatroniCluster {
  /** The URL of a database with all hosts, for an owner that is no superuser. */
  readonly url: string;
  readonly members: readonly Member[];
  /** The member that Patroni knows as the primary, by those that answer. */
  primary(): Promise<Member | undefined>;
  /** Waits until there are a primary, a synchronous standby and another standby. */
  healthy(): Promise<Member>;
  /** SIGKILL to every process of PostgreSQL, not to Patroni, which promotes another member at once. */
  killPostgres(member: Member): Promise<void>;
  /** SIGSTOP to every process of a member, as when its machine hangs; another is promoted when its lease is over. */
  freeze(member: Member): Promise<void>;
  thaw(member: Member): Promise<void>;
  /** Makes the synchronous standby the primary. */
  switchOver(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts it. Call `remove` in afterAll. */
export async function startPatroni(): Promise<PatroniCluster> {
  const bin = binaries();
  if (bin === undefined) throw new Error('This test needs Debian’s PostgreSQL: "apt-get install postgresql".');
  const folder = await makeOpenFolder('family-hub-jobs-patroni-');
  const account = await accountFor(folder);
  const own = async (path: string): Promise<string> => {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o700);
    if (account !== undefined) await chown(path, account.uid, account.gid);
    return path;
  };
  const outputs: string[] = [];
  const run = (program: string, args: readonly string[], cwd: string): ChildProcess => {
    const env = { PATH: `${bin}:${process.env.PATH}`, LC_ALL: 'C', HOME: cwd };
    // Ends, with its PostgreSQL, when the test is killed.
    const command = ['--pdeathsig', 'TERM', program, ...args];
    const child = spawn('setpriv', command, { ...account, cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => outputs.push(text));
    return child;
  };

  const [client, peer] = [await freePort(), await freePort()];
  const etcd = `http://127.0.0.1:${client}`;
  const etcdFolder = await own(join(folder, 'etcd'));
  const peers = `http://127.0.0.1:${peer}`;
  run(
    ETCD,
    [
      ...['--data-dir', etcdFolder, '--unsafe-no-fsync', '--log-level', 'error'],
      ...['--listen-client-urls', etcd, '--advertise-client-urls', etcd],
      ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`],
    ],
    etcdFolder,
  );

  const members: Started[] = [];
  for (const name of NAMES) {
    const [port, rest] = [await freePort(), await freePort()];
    const home = await own(join(folder, name));
    const url = `postgresql://jobs:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`;
    const file = join(home, 'patroni.yml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify(configuration(name, { port, rest, etcd: client, home, bin })));
    members.push({ name, port, url, rest: `http://127.0.0.1:${rest}`, folder: home });
  }
  const start = (member: Started) => run(PATRONI, [join(member.folder, 'patroni.yml')], member.folder);

  interface View {
    readonly members: readonly { readonly name: string; readonly role: string; readonly state: string }[];
  }
  const view = async (): Promise<View['members']> => {
    const asked = members.map(async ({ rest }) => {
      const response = await fetch(`${rest}/cluster`, { signal: AbortSignal.timeout(1_000) });
      return ((await response.json()) as View).members;
    });
    return Promise.any(asked).catch(() => []);
  };
  const primary = async (): Promise<Started | undefined> => {
    const leader = (await view()).find(({ role, state }) => role === 'leader' && state === 'running');
    return members.find(({ name }) => name === leader?.name);
  };
  const send = async (pids: Promise<number[]>, signal: NodeJS.Signals): Promise<void> => {
    for (const pid of await pids) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        // It has ended meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  };
  const healthy = (): Promise<Started> =>
    until(
      'a healthy cluster',
      async () => {
        const states = (await view()).map(({ role, state }) => `${role} ${state}`).sort();
        return (
          states.join() === 'leader running,replica streaming,sync_standby streaming' && ((await primary()) ?? false)
        );
      },
      90_000,
    ).catch((error: unknown) => {
      throw new Error(`Patroni’s cluster is not healthy: ${outputs.join('').slice(-4_000)}`, { cause: error });
    });

  const cluster: PatroniCluster = {
    url: `postgresql://jobs:${PASSWORD}@${members.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${DATABASE}?target_session_attrs=read-write`,
    members,
    primary,
    healthy,
    killPostgres: (member) => send(processesIn(join(folder, member.name, 'data')), 'SIGKILL'),
    freeze: (member) => send(processesIn(join(folder, member.name)), 'SIGSTOP'),
    thaw: (member) => send(processesIn(join(folder, member.name)), 'SIGCONT'),
    async switchOver() {
      const [from, states] = [await healthy(), await view()];
      const to = states.find(({ role }) => role === 'sync_standby')?.name;
      const body = JSON.stringify({ leader: from.name, candidate: to });
      const response = await fetch(`${from.rest}/switchover`, { method: 'POST', body });
      if (!response.ok) throw new Error(`Patroni does not switch over: ${await response.text()}`);
    },
    async remove() {
      await send(processesIn(folder), 'SIGKILL');
      await until('all processes to end', async () => (await processesIn(folder)).length === 0);
      await removeDataDir(folder);
    },
  };
  try {
    const [first, ...others] = members as [Started, ...Started[]];
    await until('etcd', () =>
      fetch(`${etcd}/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    start(first);
    await until('the first member', primary, 90_000);
    for (const other of others) start(other);
    const superuser = new pg.Client({
      ...{ host: '127.0.0.1', user: 'postgres', password: PASSWORD },
      port: first.port,
    });
    await healthy();
    await superuser.connect();
    await superuser.query(`CREATE ROLE jobs LOGIN PASSWORD '${PASSWORD}'`);
    await superuser.query(`CREATE DATABASE ${DATABASE} OWNER jobs`);
    await superuser.end();
    return cluster;
  } catch (error) {
    await cluster.remove();
    throw new Error(`Patroni does not start: ${outputs.join('').slice(-4_000)}`, { cause: error });
  }
}

interface Place {
  readonly port: number;
  readonly rest: number;
  readonly etcd: number;
  readonly home: string;
  readonly bin: string;
}

/** The shortest times that Patroni allows. */
const configuration = (name: string, { port, rest, etcd, home, bin }: Place): object => ({
  scope: 'hub',
  name,
  restapi: { listen: `127.0.0.1:${rest}`, connect_address: `127.0.0.1:${rest}` },
  etcd3: { hosts: [`127.0.0.1:${etcd}`] },
  bootstrap: {
    dcs: {
      ...{ ttl: 20, loop_wait: 1, retry_timeout: 3, primary_start_timeout: 0 },
      ...{ synchronous_mode: true, synchronous_mode_strict: true },
      postgresql: {
        use_pg_rewind: true,
        // Processes die here, not machines: what was written is there without fsync.
        parameters: { max_connections: 100, fsync: 'off', wal_log_hints: 'on', wal_keep_size: '256MB' },
      },
    },
    initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'no-sync'],
  },
  postgresql: {
    listen: `127.0.0.1:${port}`,
    connect_address: `127.0.0.1:${port}`,
    data_dir: join(home, 'data'),
    bin_dir: bin,
    pgpass: join(home, 'pgpass'),
    parameters: { unix_socket_directories: home },
    pg_hba: ['host replication replicator 127.0.0.1/32 scram-sha-256', 'host all all 127.0.0.1/32 scram-sha-256'],
    authentication: {
      superuser: { username: 'postgres', password: PASSWORD },
      replication: { username: 'replicator', password: PASSWORD },
    },
  },
});
