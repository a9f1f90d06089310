/**
 * One PostgreSQL per test run: a throw-away embedded one, or the server of TEST_DATABASE_URL. All migrations are
 * applied once, to a template from which each test file clones its database. The template allows no connections,
 * because a clone fails while one is open. The sources are also transpiled once, for the tests that start servers.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openCluster, startServer, stopServer, THROW_AWAY } from '../../src/database/embedded/cluster.ts';
import { superuserUrl } from '../../src/database/embedded/connection.ts';
import { readPostmaster } from '../../src/database/embedded/postmaster.ts';
import { isAlive } from '../../src/database/embedded/processes.ts';
import { migrate } from '../../src/database/migrations.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { makeOpenFolder, removeDataDir } from './data-dir.ts';
import { translateSources } from './server-sources.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A server on which tests create databases: the admin connection, the template and the prefix of their names. */
    databaseServer: { adminUrl: string; template: string; prefix: string };
    /** The folder with the server's sources as JavaScript, including `main.js`. */
    serverSources: string;
  }
}

const FOLDER_PREFIX = 'family-hub-jobs-test-';

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  // The servers of the browser tests run from the sources; the dashboard that they serve must be as current.
  if (process.env.LONG === '1')
    execFileSync('npm', ['run', '-s', 'build:dashboard'], {
      stdio: 'inherit',
      env: { ...process.env, NODE_ENV: 'production' },
    });
  const folder = await makeOpenFolder(`${FOLDER_PREFIX}${process.pid}-`);
  project.provide('serverSources', await translateSources(folder));
  const server = await startTestServer();
  const prefix = `family_hub_test_${randomBytes(4).toString('hex')}_`;
  const template = `${prefix}template`;
  try {
    await withAdmin(server.url, async (admin) => {
      await admin.query(`CREATE DATABASE ${template} ENCODING 'UTF8' TEMPLATE template0`);
      await migrate({ url: databaseUrl(server.url, template), logger: silentLogger });
      await admin.query(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false`);
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('databaseServer', { adminUrl: server.url, template, prefix });

  return async () => {
    await removeDataDir(folder);
    try {
      await withAdmin(server.url, async (admin) => {
        const { rows } = await admin.query<{ name: string }>(
          'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
          [prefix],
        );
        for (const { name } of rows) await admin.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`);
      });
    } finally {
      await server.stop();
    }
  };
}

async function startTestServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL;
  if (given !== undefined && given !== '') return { url: given, stop: async () => {} };

  await removeAbandoned();
  const parent = await makeOpenFolder(`${FOLDER_PREFIX}${process.pid}-`);
  const folder = join(parent, 'postgres');
  const cluster = await openCluster(folder, THROW_AWAY);
  const { isSuccess, output } = await startServer(cluster);
  const url = superuserUrl(folder, 'postgres');
  if (!isSuccess || url === undefined) throw new Error(`The test database does not start: ${output}`);
  return {
    url,
    async stop() {
      await stopServer(cluster);
      await removeDataDir(parent);
    },
  };
}

/** Removes the PostgreSQL of runs that were killed. The folder's name contains the process id of the run. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(FOLDER_PREFIX) || isAlive(Number(name.slice(FOLDER_PREFIX.length).split('-')[0]))) continue;
    const folder = join(tmpdir(), name, 'postgres');
    if (readPostmaster(join(folder, 'cluster')) !== undefined) await stopServer(await openCluster(folder, THROW_AWAY));
    await removeDataDir(join(tmpdir(), name));
  }
}

async function withAdmin(url: string, work: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

function databaseUrl(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}
