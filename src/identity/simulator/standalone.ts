/**
 * The simulator as a process of its own, for tests that stop processes and for people:
 *   tsx src/identity/simulator/standalone.ts --database-url postgres://... [--port 0] [--token ...] [--latency-ms 5]
 * The database must be migrated. Prints one line of JSON with url, organizationId and token
 * when it is ready, and ends on SIGTERM.
 */
import { parseArgs } from 'node:util';
import { openDatabase } from '../../database/database.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { startSimulator } from './simulator.ts';

const { values } = parseArgs({
  options: {
    'database-url': { type: 'string' },
    port: { type: 'string', default: '0' },
    token: { type: 'string' },
    'organization-id': { type: 'string' },
    'latency-ms': { type: 'string', default: '0' },
  },
});
const databaseUrl = values['database-url'];
if (databaseUrl === undefined) {
  process.stderr.write('--database-url is missing. Example: --database-url postgres://localhost:5432/family_hub\n');
  process.exit(1);
}

const db = await openDatabase({ url: databaseUrl, poolSize: 10, logger: silentLogger });
const simulator = await startSimulator({
  db,
  logger: silentLogger,
  port: Number(values.port),
  token: values.token,
  organizationId: values['organization-id'],
  latencyMs: Number(values['latency-ms']),
});
const { url, organizationId, token } = simulator;
process.stdout.write(`${JSON.stringify({ url, organizationId, token })}\n`);

async function stop(): Promise<void> {
  await simulator.close();
  await db.close();
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
