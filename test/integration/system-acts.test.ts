/** The server's own actions are audited like those of users, with the server as the actor. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { cancelEntry } from '../../src/accounts/cancel.ts';
import { claimDue } from '../../src/accounts/claim.ts';
import { destroySomePasswords } from '../../src/accounts/passwords.ts';
import { openCircuit } from '../support/circuit.ts';
import { createTestQueue, PROVIDER, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(async () => {
  await queue.reset();
  await queue.db.query('TRUNCATE auth.audit_entries');
});

interface Row {
  readonly action: string;
  readonly actor: string;
  readonly target: string | null;
  readonly reason: string | null;
  readonly after: Record<string, unknown> | null;
}

const systemActs = () =>
  queue.db.query<Row>(
    `SELECT action, actor_id AS actor, target_id AS target, reason, after::jsonb AS after
     FROM auth.audit_entries WHERE actor_kind = 'system' ORDER BY sequence`,
  );

it('the circuit’s opening by a failure and its closing by a probe, and not the probes between', async () => {
  let token = 'wrong';
  const node = await queue.startNode({ token: () => token });
  const id = await node.enqueue();
  const letProbe = async () => {
    await queue.db.query(`UPDATE auth.identity_circuits SET next_probe_at = now() - interval '1 second'`);
    node.worker.wake();
  };
  await expect.poll(async () => (await queue.circuit()).state, { interval: 10 }).toBe('open');
  await letProbe();
  await expect.poll(async () => (await queue.circuit()).failedProbes, { interval: 10 }).toBe(1);
  token = queue.simulator.token;
  await letProbe();
  await queue.untilStatus(id, 'completed');
  await expect.poll(async () => (await queue.circuit()).state, { interval: 10 }).toBe('closed');
  expect(await systemActs()).toEqual([
    expect.objectContaining({
      action: 'circuitOpened',
      actor: 'system:circuit',
      target: PROVIDER,
      after: { state: 'open', cause: 'PROVIDER_TOKEN_INVALID' },
    }),
    expect.objectContaining({
      action: 'circuitClosed',
      actor: 'system:circuit',
      after: { state: 'closed', cause: null },
    }),
  ]);
});

it('a takeover, with the entries', async () => {
  await openCircuit(queue.db, PROVIDER, 'the test', 'entries are claimed by hand', null);
  const node = await queue.startNode();
  const id = await node.enqueue();
  await queue.db.query(`UPDATE auth.identity_circuits SET state = 'closed'`);
  await claimDue(queue.db, { provider: PROVIDER, nodeId: node.id, leaseMs: 30_000 }, 1);
  await queue.expireLease(id);
  await node.takeOver();
  expect(await systemActs()).toEqual([
    expect.objectContaining({ action: 'entriesTakenOver', actor: 'system:takeover', after: { entryIds: [id] } }),
  ]);
});

it('passwords that were destroyed because their time had come, with the entries', async () => {
  const node = await queue.startNode();
  const id = await node.enqueue({ runAt: new Date(Date.now() + 86_400_000) });
  await cancelEntry(node.context, { entryId: id });
  await queue.db.query(`UPDATE auth.queued_managed_account_creations SET cancelled_at = now() - interval '1 hour'`);
  await destroySomePasswords(queue.context);
  expect(await systemActs()).toEqual([
    expect.objectContaining({ action: 'passwordsDestroyed', actor: 'system:retention', after: { entryIds: [id] } }),
  ]);
});
