/**
 * Opens the database, the configured or the embedded one; and the commands that only need the database.
 */
import { join, relative, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { parseDatabaseUrl } from '../config/database-url.ts';
import { type Database, openDatabase, type Queryable } from '../database/database.ts';
import { embeddedUrl, startEmbedded } from '../database/embedded/embedded.ts';
import { fileSystemReads } from '../database/embedded/patience.ts';
import { STORE } from '../database/embedded/place.ts';
import { migrate } from '../database/migrations.ts';
import { StartError } from '../database/start-error.ts';
import { seedDemoFamily } from '../families/demo.ts';
import { type Logger, silentLogger } from '../telemetry/logger.ts';
import { explainStartFailure, isStandby, takesNoWrites } from './failures.ts';

/** `npm run db:url`: prints the URL for psql, and nothing else. Throws a StartError if there is no database. */
export async function printDatabaseUrl(config: DatabaseSettings): Promise<void> {
  if (config.DATABASE_URL === undefined) await fileSystemReads(resolve(config.DATA_DIR));
  const url = config.DATABASE_URL ?? embeddedUrl(config.DATA_DIR);
  if (url === undefined)
    throw new StartError(
      `There is no embedded database in ${config.DATA_DIR} yet. Start the server once with "npm start".`,
    );
  process.stdout.write(`${url}\n`);
}

/** `npm run db:seed`: adds the demo family to a database that has no family. */
export const seedDatabase = (config: DatabaseSettings): Promise<void> =>
  withDatabase(config, async (db) => {
    const isSeeded = await seedDemoFamily(db);
    process.stdout.write(
      isSeeded
        ? 'Added the family "The Examples" with its owner.\n'
        : 'There are families already: nothing was added.\n',
    );
  });

export interface DatabaseServer {
  readonly url: string;
  /** A URL that bypasses the pooler, if it is configured. */
  readonly directUrl: string | undefined;
  /** The URL without its password, for people. */
  readonly shown: string;
  readonly isEmbedded: boolean;
  leave(): Promise<void>;
}

/** The settings that select the database. */
export const DATABASE_SETTINGS = ['DATABASE_URL', 'DATABASE_DIRECT_URL', 'DATA_DIR'] as const;
export type DatabaseSettings = Pick<Config, (typeof DATABASE_SETTINGS)[number]>;

/** Returns the configured database; if none is configured, starts or joins the embedded one. */
export async function openDatabaseServer(config: DatabaseSettings, logger: Logger): Promise<DatabaseServer> {
  if (config.DATABASE_URL !== undefined) {
    const url = config.DATABASE_URL;
    const parsed = parseDatabaseUrl(url);
    return {
      url,
      directUrl: config.DATABASE_DIRECT_URL,
      shown: 'problem' in parsed ? 'DATABASE_URL' : parsed.shown,
      isEmbedded: false,
      leave: async () => undefined,
    };
  }
  const embedded = await startEmbedded({ dataDir: config.DATA_DIR, logger });
  return {
    url: embedded.url,
    directUrl: undefined,
    shown: `${new URL(embedded.url).host} (embedded, in ${whereabouts(config.DATA_DIR, embedded.folder)})`,
    isEmbedded: true,
    leave: () => embedded.leave(),
  };
}

/** The folder of the data, for people: as configured, unless the data are elsewhere. */
function whereabouts(dataDir: string, folder: string): string {
  const path = relative(process.cwd(), resolve(dataDir)) || '.';
  const written = path.startsWith('..') ? resolve(dataDir) : join('.', path);
  return !folder.startsWith(STORE) ? written : `${folder}, since ${written} is closed to PostgreSQL`;
}

/** For commands: opens the database, migrated and writable, for the duration of `work`. Throws StartError. */
async function withDatabase(settings: DatabaseSettings, work: (db: Database) => Promise<void>): Promise<void> {
  const server = await openDatabaseServer(settings, silentLogger);
  try {
    await migrate({ url: server.directUrl ?? server.url, logger: silentLogger });
    const db = await openDatabase({ url: server.url, poolSize: 2, logger: silentLogger });
    await assertWritable(db, server.shown)
      .then(() => work(db))
      .finally(() => db.close());
  } catch (error) {
    throw explainStartFailure(error, server.shown);
  } finally {
    await server.leave();
  }
}

/** Throws a StartError if the database is read-only. */
export async function assertWritable(db: Queryable, shown: string): Promise<void> {
  const [state] = await db.query<{ isStandby: boolean; isReadOnly: boolean }>(
    `SELECT pg_is_in_recovery() AS "isStandby", current_setting('transaction_read_only')::boolean AS "isReadOnly"`,
  );
  if (state?.isStandby) throw isStandby(shown);
  if (state?.isReadOnly) throw takesNoWrites(shown);
}
