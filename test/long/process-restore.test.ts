/** A restore under a running server removes its row: it is not ready until it has registered again. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createProcesses, until } from '../support/process.ts';

const processes = createProcesses();
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 2 });
});
afterAll(async () => {
  await processes.endAll();
  await database?.drop();
});

it('says so at /health/ready, and is ready again after its next beat', { timeout: 60_000 }, async () => {
  const node = await processes.startNode({
    DATABASE_URL: database.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    IDENTITY_PROVIDER: 'simulator',
    HEARTBEAT_INTERVAL: '5s',
  });
  const ready = async () => {
    const answer = await fetch(`${node.url}/health/ready`);
    return { status: answer.status, text: await answer.text() };
  };
  expect(await ready()).toMatchObject({ status: 200 });
  await database.db.query('DELETE FROM auth.server_nodes');
  // All requests within a second get the same response.
  await until('it to say so', async () => {
    const { status, text } = await ready();
    return status === 503 && text.includes('registers again');
  });
  await until('it to be ready', async () => (await ready()).status === 200);
  expect(await database.db.query('SELECT state::text FROM auth.server_nodes')).toEqual([{ state: 'running' }]);
});
