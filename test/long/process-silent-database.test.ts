/**
 * A server whose database goes silent without closing its connections, as behind a proxy that lost its flows: it
 * reports that all the while, and works again within 15 seconds after new connections do. No acknowledged change is
 * lost.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { createProcesses, type ProviderProcess, type ServerProcess, until, within } from '../support/process.ts';
import { openSilentProxy, type SilentProxy } from '../support/silent-proxy.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const processes = createProcesses();
let database: TestDatabase;
let proxy: SilentProxy;
let provider: ProviderProcess;
let node: ServerProcess;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 4 });
  family = await seedFamily(database.db);
  provider = await processes.startProvider({ databaseUrl: database.url });
  proxy = await openSilentProxy(database.url);
  node = await processes.startNode({
    DATABASE_URL: proxy.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    ...provider.env,
  });
});
afterAll(async () => {
  await processes.endAll();
  await proxy?.close();
  await database?.drop();
});

let usernames = 0;
const enqueue = async (): Promise<string | undefined> => {
  const { data } = await node.graphql<{ enqueueAccount?: { entry: { entryId: string } } } | null>(
    `mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { ... on EnqueueAccountPayload { entry { entryId } } } }`,
    {
      input: {
        familyId: family.familyId,
        createdByUserId: family.ownerId,
        username: `silent_${++usernames}`,
        fullName: 'Somebody Silent',
      },
    },
  );
  return data?.enqueueAccount?.entry.entryId;
};
const statusOf = async (path: string): Promise<{ status: number; body: string }> => {
  const response = await fetch(node.url + path);
  return { status: response.status, body: await response.text() };
};
const isCompleted = async (entryId: string): Promise<boolean> => {
  const [row] = await database.db.query<{ status: string }>(
    'SELECT status FROM auth.queued_managed_account_creations WHERE id = $1',
    [entryId],
  );
  return row?.status === 'completed';
};

it.each([1, 2])('says so, and goes on when new connections work (time %i)', async () => {
  const before = (await enqueue()) ?? '';
  await until('the entry', () => isCompleted(before));
  expect((await statusOf('/health/ready')).status).toBe(200);
  proxy.silence();
  const asked = enqueue();
  const unready = await until('readiness to say so', async () => {
    const ready = await within(5_000, 'an answer of /health/ready', statusOf('/health/ready'));
    return ready.status === 503 && ready;
  });
  expect(unready.body).toMatch(/"database":/);
  expect(unready.body).not.toContain('does not open');
  expect((await statusOf('/health/live')).status).toBe(200);
  // The caller gets an error, and the log has one line.
  expect(await asked).toBeUndefined();
  await until('the log to say so', () => node.logs().some(({ msg }) => msg === 'Database connection failed'), 30_000);
  for (let n = 0; n < 3; n++)
    expect((await within(5_000, 'an answer of /health/ready', statusOf('/health/ready'))).status).toBe(503);

  proxy.speak();
  const entryId = await until('an entry to be taken', enqueue, 15_000);
  await until('readiness', async () => (await statusOf('/health/ready')).status === 200, 15_000);
  await until('the entry to be completed', () => isCompleted(entryId), 15_000);
  const [beat] = await database.db.query<{ ageMs: number }>(
    `SELECT extract(epoch FROM clock_timestamp() - max(last_beat_at)) * 1000 AS "ageMs" FROM auth.server_nodes`,
  );
  expect(Number(beat?.ageMs)).toBeLessThan(15_000);
});

it('is not ready while the database is read-only, and says why', async () => {
  const name = new URL(database.url).pathname.slice(1);
  const reconnect = () =>
    database.db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
  await database.db.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  await reconnect();
  const ready = await until('readiness to say so', async () => {
    const answer = await statusOf('/health/ready');
    return answer.status === 503 && /read-only/.test(answer.body) && answer;
  });
  expect(ready.body).toMatch(/takes no heartbeat: The database is read-only/);
  await database.db.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
  await until('readiness', async () => (await statusOf('/health/ready')).status === 200);
  const entryId = await until('an entry to be taken', enqueue);
  await until('the entry to be completed', () => isCompleted(entryId));
});
