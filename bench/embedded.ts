/**
 * The database of a benchmark: a new one on the PostgreSQL of TEST_DATABASE_URL, or the embedded one. It may run
 * CHECKPOINT, so that no round pays for the writes of another.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { superuserUrl } from '../src/database/embedded/connection.ts';
import { startEmbedded } from '../src/database/embedded/embedded.ts';
import { OWNER } from '../src/database/embedded/owner.ts';
import { silentLogger } from '../src/telemetry/logger.ts';

export interface BenchDatabase {
  readonly url: string;
  /** PostgreSQL’s data folder. */
  readonly pgData: string;
  leave(): Promise<void>;
}

/**
 * Starts the database, or joins the one that is running in the folder. `settings` are PostgreSQL’s, for an embedded
 * database only.
 */
export async function startBenchDatabase(
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<BenchDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (server !== undefined && server !== '') return createDatabaseOn(server);
  const embedded = await startEmbedded({ dataDir, logger: silentLogger });
  const superuser = superuserUrl(embedded.folder, 'postgres');
  await query(superuser, `GRANT pg_checkpoint TO ${OWNER}`);
  for (const [name, value] of Object.entries(settings)) await query(superuser, `ALTER SYSTEM SET ${name} = '${value}'`);
  await query(superuser, 'SELECT pg_reload_conf()');
  return { url: embedded.url, pgData: join(dataDir, 'postgres', 'cluster'), leave: embedded.leave };
}

async function createDatabaseOn(server: string): Promise<BenchDatabase> {
  const name = `family_hub_bench_${randomBytes(4).toString('hex')}`;
  await query(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const [row] = await query(server, 'SHOW data_directory');
  return {
    url: url.href,
    pgData: String(row?.data_directory),
    async leave() {
      await query(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function query(url: string | undefined, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
