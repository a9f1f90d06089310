/**
 * A bulk retry of 50,000 entries on servers that are killed: three entries change before it is applied, two servers
 * die by `kill -9` during it, the third completes it. Each entry is changed once, and the three are reported. The
 * open circuit prevents attempts meanwhile.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginningOf } from '../../src/sealing/jwe.ts';
import { type BulkTest, createBulkTest } from '../support/bulk.ts';
import { createProcesses, type Env, until } from '../support/process.ts';

const COUNT = 50_000;
const processes = createProcesses();
let bulk: BulkTest;

beforeAll(async () => {
  bulk = await createBulkTest();
});
afterAll(async () => {
  await processes.endAll();
  await bulk.close();
});

test('is gone on with by the next server, each entry once', { timeout: 180_000 }, async () => {
  // The servers open the key ring: it must be one of theirs.
  await bulk.db.query('DELETE FROM auth.data_protection_keys');
  const provider = await processes.startProvider({ databaseUrl: bulk.url });
  const env: Env = {
    DATABASE_URL: bulk.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    PROVIDER_TIMEOUT: '1s',
    LEASE_DURATION: '3s',
    HEARTBEAT_INTERVAL: '200ms',
    ...provider.env,
  };
  const first = await processes.startNode(env);
  await first.graphql('mutation { openCircuit(input: { reason: "test" }) { __typename } }');
  await until('the circuit to open', async () => {
    const circuits = await bulk.db.prisma.circuit.findMany();
    return circuits.some(({ state, openedBy }) => state === 'open' && openedBy !== null);
  });
  const [key] = await bulk.db.query<{ id: string }>(`SELECT id FROM auth.data_protection_keys WHERE purpose = 'seal'`);
  const ids = await bulk.insert(COUNT, { password: `${beginningOf(key?.id ?? '')}...` });
  const planned = await first.graphql<{ planBulkAction: { planId: string; count: number } }>(
    'mutation { planBulkAction(input: { action: RETRY, filter: { status: [FAILED] } }) { ... on PlanBulkActionPayload { planId count } } }',
  );
  const { planId, count } = planned.data.planBulkAction;
  expect(count).toBe(COUNT);
  const changed = [ids[7], ids[25_000], ids[49_999]];
  await bulk.db.query(
    `UPDATE auth.queued_managed_account_creations SET status = 'cancelled', updated_at = now() WHERE id = ANY($1::uuid[])`,
    [changed],
  );
  await first.graphql('mutation ($id: UUID!) { applyBulkAction(input: { planId: $id }) { __typename } }', {
    id: planId,
  });

  const progress = async () => (await bulk.action(planId)).doneCount;
  await until('a third', async () => (await progress()) > COUNT / 3);
  first.kill('SIGKILL');
  await first.exited;
  const left = await progress();
  expect(left).toBeLessThan(COUNT - changed.length);

  const second = await processes.startNode(env);
  await until('the second server to go on', async () => (await progress()) > left);
  second.kill('SIGKILL');
  await second.exited;
  expect((await bulk.action(planId)).status).toBe('running');

  await processes.startNode(env);
  const action = await bulk.untilStatus(planId, 'finished');
  expect(action).toMatchObject({ doneCount: COUNT - 3, skippedCount: 3 });
  expect(await bulk.changes()).toEqual({ changes: COUNT - 3, entries: COUNT - 3 });
  expect(await bulk.skipped(planId)).toEqual(Object.fromEntries(changed.map((id) => [id, 'CHANGED'])));
});
