/**
 * Starts the embedded database of a benchmark. Its owner may run CHECKPOINT, so that no round pays for the
 * writes of another.
 */
import pg from 'pg';
import { superuserUrl } from '../src/database/embedded/connection.ts';
import { startEmbedded } from '../src/database/embedded/embedded.ts';
import { OWNER } from '../src/database/embedded/owner.ts';
import { silentLogger } from '../src/telemetry/logger.ts';

/** Starts the database, or joins the one that is running in the folder. */
export async function startBenchDatabase(dataDir: string) {
  const embedded = await startEmbedded({ dataDir, logger: silentLogger });
  const client = new pg.Client({ connectionString: superuserUrl(embedded.folder, 'postgres') });
  await client.connect();
  await client.query(`GRANT pg_checkpoint TO ${OWNER}`);
  await client.end();
  return embedded;
}
