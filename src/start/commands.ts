/** The two small commands beside the server. */
import type { Config } from '../config/config.ts';
import { openDatabase } from '../database/database.ts';
import { embeddedUrl } from '../database/embedded/embedded.ts';
import { migrate } from '../database/migrations.ts';
import { StartError } from '../database/start-error.ts';
import { seedDemoFamily } from '../families/demo.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { openDatabaseServer } from './database.ts';

/** `npm run db:url`: prints the URL that psql takes, and nothing else. */
export function printDatabaseUrl(config: Config): void {
  const url = config.DATABASE_URL ?? embeddedUrl(config.DATA_DIR);
  if (url === undefined)
    throw new StartError(
      `There is no embedded database in ${config.DATA_DIR} yet. Start the server once with "npm start".`,
    );
  process.stdout.write(`${url}\n`);
}

/** `npm run db:seed`: adds the demo family to a database that has no family. */
export async function seedDatabase(config: Config): Promise<void> {
  const server = await openDatabaseServer(config, silentLogger);
  try {
    await migrate({ url: server.directUrl ?? server.url, logger: silentLogger });
    const db = await openDatabase({ url: server.url, poolSize: 2, logger: silentLogger });
    const isSeeded = await seedDemoFamily(db).finally(() => db.close());
    process.stdout.write(
      isSeeded
        ? 'Added the family "The Examples" with its owner.\n'
        : 'There are families already: nothing was added.\n',
    );
  } finally {
    await server.leave();
  }
}
