/** The commands that only need the database. */
import { resolve } from 'node:path';
import { embeddedUrl } from '../database/embedded/embedded.ts';
import { fileSystemReads } from '../database/embedded/patience.ts';
import { StartError } from '../database/start-error.ts';
import { seedDemoFamily } from '../families/demo.ts';
import { type DatabaseSettings, withDatabase } from './database.ts';

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
