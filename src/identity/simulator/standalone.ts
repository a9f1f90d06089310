/**
 * The simulator as a separate process, for tests that stop processes and for manual use:
 *   tsx src/identity/simulator/standalone.ts --database-url postgres://... [--port 0] [--token ...] [--latency-ms 5]
 * With `--write-key-file PATH` it creates a service account with a key, writes the key file there and issues
 * tokens for it, each valid for `--token-lifetime-ms`.
 * The database must be migrated. Prints one line of JSON with url, organizationId and
 * token when it is ready, and ends on SIGTERM.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openDatabase } from '../../database/database.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { makeServiceAccount } from './service-account.ts';
import { startSimulator } from './simulator.ts';

const { values } = parseArgs({
  options: {
    'database-url': { type: 'string' },
    port: { type: 'string', default: '0' },
    token: { type: 'string' },
    'organization-id': { type: 'string' },
    'latency-ms': { type: 'string', default: '0' },
    'write-key-file': { type: 'string' },
    'token-lifetime-ms': { type: 'string', default: '43200000' },
  },
});
const databaseUrl = values['database-url'];
if (databaseUrl === undefined) {
  process.stderr.write('--database-url is missing. Example: --database-url postgres://localhost:5432/family_hub\n');
  process.exit(1);
}

const keyPath = values['write-key-file'];
const account = keyPath === undefined ? undefined : await makeServiceAccount();
if (keyPath !== undefined && account !== undefined) {
  await writeFile(keyPath, JSON.stringify(account.keyFile), { mode: 0o600 });
}
const db = await openDatabase({ url: databaseUrl, poolSize: 10, logger: silentLogger });
const simulator = await startSimulator({
  db,
  logger: silentLogger,
  port: Number(values.port),
  token: values.token,
  organizationId: values['organization-id'],
  latencyMs: Number(values['latency-ms']),
  serviceAccounts: account === undefined ? [] : [account.registered],
  tokenLifetimeMs: Number(values['token-lifetime-ms']),
});
const { url, organizationId, token } = simulator;
process.stdout.write(`${JSON.stringify({ url, organizationId, token })}\n`);

async function stop(): Promise<void> {
  await simulator.close();
  await db.close();
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
