/**
 * A process that uses the embedded database of a data folder, for tests that kill it. It prints one line of JSON
 * when it has joined, or with the reason why it could not, and leaves on SIGTERM.
 */
import { startEmbedded } from '../../src/database/embedded/embedded.ts';
import { StartError } from '../../src/database/start-error.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('Which data folder?');
try {
  const embedded = await startEmbedded({ dataDir, logger: silentLogger });
  process.once('SIGTERM', () => void embedded.leave());
  process.stdout.write(`${JSON.stringify({ url: embedded.url, isNew: embedded.isNew, folder: embedded.folder })}\n`);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stdout.write(`${JSON.stringify({ refusal: error.message })}\n`);
}
