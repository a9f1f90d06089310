/** A primary PostgreSQL with a streaming standby, both for one test, to be crashed and promoted. */
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { runAs } from '../../src/database/embedded/account.ts';
import { type Cluster, freePort, openCluster, startServer } from '../../src/database/embedded/cluster.ts';
import { superuserUrl } from '../../src/database/embedded/connection.ts';
import { ask, crashServer, DATABASE, type OwnCluster, QUICK, startOwnCluster, succeed } from './own-cluster.ts';

export interface Pair {
  readonly primary: OwnCluster;
  /** URL of the standby, which accepts queries before its promotion too. */
  readonly standbyUrl: string;
  /** Makes each commit wait for the standby, or stop waiting. */
  setSynchronous(isSynchronous: boolean): Promise<void>;
  /** Stops replication to the standby, as if it was cut off. */
  cutStandby(): Promise<void>;
  /** Promotes the standby. The old primary must be stopped. */
  promote(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts both; the standby has all data of the primary. Call `remove` in afterAll. */
export async function startPair(): Promise<Pair> {
  const primary = await startOwnCluster();
  const { folder: first } = primary.cluster;
  const folder = join(first, '..', 'standby');
  await primary.stop();
  // The standby starts from a copy of the stopped primary, which needs no backup program.
  await cp(first, folder, { recursive: true, preserveTimestamps: true });
  const standbyData = join(folder, 'cluster');
  await own(primary.cluster, standbyData);
  await primary.start();
  const from = new URL(primary.url);
  const conninfo = `host=127.0.0.1 port=${from.port} user=postgres password=${from.password} application_name=standby`;
  await writeFile(join(standbyData, 'standby.signal'), '');
  await writeFile(join(standbyData, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`);
  await rm(join(standbyData, 'postmaster.pid'), { force: true });
  await writeFile(join(folder, 'connection.json'), JSON.stringify({ port: await freePort(), password: from.password }));
  await own(primary.cluster, folder);
  const standby = await openCluster(folder, QUICK);
  await succeed('start', startServer, standby);
  const standbyUrl = superuserUrl(folder, DATABASE) ?? '';

  const isStreaming = async (): Promise<boolean> =>
    (await ask(primary.url, `SELECT FROM pg_stat_replication WHERE state = 'streaming'`)).length > 0;
  while (!(await isStreaming())) await new Promise((resolve) => setTimeout(resolve, 50));

  return {
    primary,
    standbyUrl,
    async setSynchronous(isSynchronous) {
      const client = new pg.Client({ connectionString: primary.url });
      await client.connect();
      await client.query(`ALTER SYSTEM SET synchronous_standby_names = '${isSynchronous ? '*' : ''}'`);
      await client.query('SELECT pg_reload_conf()');
      const isSet = async () =>
        (
          await client.query<{ count: number }>(
            `SELECT count(*)::int FROM pg_stat_replication WHERE sync_state = 'sync'`,
          )
        ).rows[0]?.count === (isSynchronous ? 1 : 0);
      while (!(await isSet())) await new Promise((resolve) => setTimeout(resolve, 50));
      await client.end();
    },
    async cutStandby() {
      await ask(standbyUrl, `ALTER SYSTEM SET primary_conninfo = ''`);
      await ask(standbyUrl, 'SELECT pg_reload_conf()');
      while (await isStreaming()) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    async promote() {
      await ask(standbyUrl, 'SELECT pg_promote(true, 60)');
    },
    async remove() {
      await crashServer(standby);
      await primary.remove();
    },
  };
}

/** Changes the owner of a copy to the account that PostgreSQL runs as. */
async function own({ account }: Cluster, path: string): Promise<void> {
  if (account === undefined) return;
  const { isSuccess, output } = await runAs(undefined, 'chown', ['-R', `${account.uid}:${account.gid}`, path]);
  if (!isSuccess) throw new Error(output);
}
