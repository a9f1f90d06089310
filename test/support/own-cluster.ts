/**
 * A PostgreSQL for one test, which can be stopped and restarted under running servers; the shared one stays
 * untouched. Committed data is kept, as in any PostgreSQL.
 */
import { join } from 'node:path';
import pg from 'pg';
import { runAs } from '../../src/database/embedded/account.ts';
import {
  type Cluster,
  type ClusterOptions,
  openCluster,
  startServer,
  stopServer,
} from '../../src/database/embedded/cluster.ts';
import { superuserUrl } from '../../src/database/embedded/connection.ts';
import { migrate } from '../../src/database/migrations.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { makeOpenFolder, removeDataDir } from './data-dir.ts';

/** Skips syncing to disk, which only matters when the machine loses power. */
export const QUICK: ClusterOptions = {
  initdbArguments: ['--no-sync'],
  settings: { fsync: 'off', full_page_writes: 'off' },
};
export const DATABASE = 'family_hub';

export interface OwnCluster {
  readonly cluster: Cluster;
  /** URL of the migrated database; the same after each start. */
  readonly url: string;
  /** PostgreSQL's data directory. */
  readonly data: string;
  /** Closes every connection and stops PostgreSQL; committed data is on disk. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it immediately, as a crash does: changes that no commit waited for are lost. `start` recovers it. */
  crash(): Promise<void>;
  /** Terminates all connections to the database except its own and returns how many. */
  killConnections(): Promise<number>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

/** Starts PostgreSQL with these settings and applies the migrations to a new database. Call `remove` in afterAll. */
export async function startOwnCluster(settings: Readonly<Record<string, string>> = {}): Promise<OwnCluster> {
  const parent = await makeOpenFolder('family-hub-jobs-cluster-');
  const folder = join(parent, 'postgres');
  const cluster = await openCluster(folder, { ...QUICK, settings: { ...QUICK.settings, ...settings } });
  await succeed('start', startServer, cluster);
  const [adminUrl, url] = [superuserUrl(folder, 'postgres') ?? '', superuserUrl(folder, DATABASE) ?? ''];
  await ask(adminUrl, `CREATE DATABASE ${DATABASE}`);
  await migrate({ url, logger: silentLogger });
  let isUp = true;

  const stop = async (): Promise<void> => {
    if (isUp) await succeed('stop', stopServer, cluster);
    isUp = false;
  };
  return {
    cluster,
    url,
    data: cluster.data,
    stop,
    async crash() {
      await crashServer(cluster);
      isUp = false;
    },
    async start() {
      await succeed('start', startServer, cluster);
      isUp = true;
      if (superuserUrl(folder, DATABASE) !== url)
        throw new Error('PostgreSQL came back on another port: it was taken.');
    },
    async killConnections() {
      const killed = await ask(
        adminUrl,
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
        [DATABASE],
      );
      return killed.length;
    },
    async remove() {
      await stop();
      await removeDataDir(parent);
    },
  };
}

/** Stops PostgreSQL without notifying its clients, as a crash does. */
export async function crashServer({ account, binaries, data }: Cluster): Promise<void> {
  await runAs(account, binaries.pgCtl, ['stop', `--pgdata=${data}`, '--mode=immediate', '--wait']);
}

export async function succeed(
  what: string,
  act: (cluster: Cluster) => Promise<{ isSuccess: boolean; output: string }>,
  cluster: Cluster,
): Promise<void> {
  const { isSuccess, output } = await act(cluster);
  if (!isSuccess) throw new Error(`PostgreSQL does not ${what}: ${output}`);
}

/** Runs one statement on a new connection and returns its rows. */
export async function ask(url: string, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}
