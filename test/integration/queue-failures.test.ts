/** Failures: the effect of each class of error on an entry, from the provider's response to the row. */
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { planBulkAction } from '../../src/accounts/bulk/bulk-plan.ts';
import { retryEntry } from '../../src/accounts/retry.ts';
import { seal } from '../../src/sealing/jwe.ts';
import { openKeyRing } from '../../src/sealing/key-ring.ts';
import { rotateEncryptionKey } from '../../src/sealing/rotate.ts';
import { testContext } from '../support/context.ts';
import { createTestQueue, PASSWORD, type TestNode, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;
let node: TestNode;
const MINUTE = 60_000;

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

/** Makes the entry due, lets the node attempt it, and returns it after `attempts` attempts. */
async function attemptAgain(id: string, attempts: number) {
  await queue.makeDue(id);
  node.worker.wake();
  return queue.untilAttempts(id, attempts);
}

describe('a transient failure', () => {
  it('is retried after 1 min, 5 min, 15 min, 1 h and 4 h, then fails; a retry by hand completes it', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: '503' }]);
    const id = await node.enqueue();
    let entry = await queue.untilAttempts(id, 1);
    for (const [k, minutes] of [1, 5, 15, 60, 240].entries()) {
      expect(entry).toMatchObject({ status: 'pending', retryCount: k + 1, lastErrorCode: 'PROVIDER_UNAVAILABLE' });
      expect(queue.delayAfter((await queue.attempts(id)).at(-1), entry)).toBe(minutes * MINUTE);
      entry = await attemptAgain(id, k + 2);
    }
    expect(entry).toMatchObject({ status: 'failed', retryCount: 5, nextRetryAt: null });
    expect(entry.lastErrorMessage).toContain('unavailable');
    expect(entry.failedAt).toBeInstanceOf(Date);
    const attempts = await queue.attempts(id);
    expect(attempts.map(({ number, outcome }) => [number, outcome])).toEqual(
      [1, 2, 3, 4, 5, 6].map((number) => [number, 'transient_failure']),
    );
    expect(attempts[0]?.providerRequestId).toMatch(/^[0-9a-f-]{36}$/);

    queue.simulator.faults.clear();
    await retryEntry(node.context, { entryId: id });
    expect(await queue.untilStatus(id, 'completed')).toMatchObject({
      retryCount: 0,
      lastErrorMessage: null,
      failedAt: null,
    });
    expect((await queue.attempts(id)).map(({ outcome }) => outcome)).toEqual([
      ...Array.from({ length: 6 }, () => 'transient_failure'),
      'succeeded',
    ]);
  });

  it('waits as long as Retry-After asks, when that is longer', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: '429', retryAfter: 1_800, times: 1 }]);
    const id = await node.enqueue();
    const entry = await queue.untilAttempts(id, 1);
    expect(entry).toMatchObject({ retryCount: 1, lastErrorCode: 'PROVIDER_RATE_LIMITED' });
    expect(queue.delayAfter((await queue.attempts(id))[0], entry)).toBe(30 * MINUTE);
  });

  it('does not wait less because Retry-After is short', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: '503', retryAfter: 2, times: 1 }]);
    const id = await node.enqueue();
    const entry = await queue.untilAttempts(id, 1);
    expect(queue.delayAfter((await queue.attempts(id))[0], entry)).toBe(MINUTE);
  });
});

describe('a permanent failure', () => {
  it('is final at once: a password that the policy refuses; a retry with a better one completes it', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: 'error', code: 'invalid_argument', errorId: 'COMMA-VoaRj', times: 1 }]);
    const id = await node.enqueue();
    const entry = await queue.untilStatus(id, 'failed');
    expect(entry).toMatchObject({
      retryCount: 0,
      nextRetryAt: null,
      lastErrorCode: 'PASSWORD_REFUSED',
      attemptCount: 1,
    });
    await retryEntry(node.context, { entryId: id, password: 'A-Better-Password-9' });
    await queue.untilStatus(id, 'completed');
    expect((await queue.circuit()).state).toBe('closed');
  });

  it('is the name of somebody else’s account', async () => {
    node = await queue.startNode();
    const first = await node.enqueue({ username: 'wanted' });
    await queue.untilStatus(first, 'completed');
    // As if that account belonged to another application.
    await queue.db.query('DELETE FROM auth.queued_managed_account_creations');
    await queue.db.query('DELETE FROM auth.users WHERE username = $1', ['wanted']);
    const id = await node.enqueue({ username: 'wanted' });
    expect(await queue.untilStatus(id, 'failed')).toMatchObject({
      lastErrorCode: 'USERNAME_TAKEN_AT_PROVIDER',
      retryCount: 0,
    });
  });
});

describe('an entry whose family was deleted', () => {
  it('fails without the provider being asked, and cannot be retried', async () => {
    node = await queue.startNode();
    const { create } = queue.simulator.calls;
    const [id = ''] = await queue.insertUnnoticed(1);
    await queue.deleteFamilyOf(id);
    node.worker.wake();
    expect(await queue.untilStatus(id, 'failed')).toMatchObject({ lastErrorCode: 'FAMILY_DELETED', familyId: null });
    expect(queue.simulator.calls.create).toBe(create);
    await expect(retryEntry(node.context, { entryId: id })).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('family was deleted'),
    });
  });
});

describe('a row that someone inserted with SQL', () => {
  /** Inserts on a foreign connection: only the database's trigger notifies the node. */
  const insert = async (username: string): Promise<string> => {
    const client = new pg.Client({ connectionString: queue.url, application_name: 'psql' });
    await client.connect();
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO auth.queued_managed_account_creations
         (id, family_id, username, full_name, role, encrypted_password, created_by_user_id, retry_count, status, next_retry_at, created_at, updated_at)
       VALUES (gen_random_uuid(), (SELECT id FROM auth.families LIMIT 1), $1, 'Test User', 'managed_account',
               'ENCRYPTED_PASSWORD_PLACEHOLDER', (SELECT id FROM auth.users LIMIT 1), 0, 'pending', NOW(), NOW(), NOW())
       RETURNING id`,
      [username],
    );
    await client.end();
    return rows[0]?.id ?? '';
  };

  it('fails with a message that says how to enqueue properly', async () => {
    node = await queue.startNode();
    const { create } = queue.simulator.calls;
    const id = await insert('testuser');
    const entry = await queue.untilStatus(id, 'failed');
    expect(entry).toMatchObject({ lastErrorCode: 'PASSWORD_NOT_SEALED', retryCount: 0, nextRetryAt: null });
    expect(entry.lastErrorMessage).toMatch(/not sealed.*enqueueAccount/);
    await expect(retryEntry(node.context, { entryId: id })).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('was not encrypted by this server'),
    });
    expect(await queue.entry(id)).toEqual(entry);
    expect(queue.simulator.calls.create).toBe(create);
  });

  it('whose key is not in the key ring is not retried without a new password either', async () => {
    node = await queue.startNode();
    const id = await insert('fromanotherring');
    await queue.untilStatus(id, 'failed');
    await queue.db.query('UPDATE auth.queued_managed_account_creations SET encrypted_password = $2 WHERE id = $1', [
      id,
      seal(PASSWORD, id, randomUUID(), randomBytes(32)),
    ]);
    await expect(retryEntry(node.context, { entryId: id })).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('or its key is gone'),
    });
    const plan = await planBulkAction(node.context, { action: 'retry', entryIds: [id] });
    expect(plan.exclusions).toMatchObject([{ code: 'PASSWORD_NOT_SEALED', count: 1 }]);
    await retryEntry(node.context, { entryId: id, password: PASSWORD });
    await queue.untilStatus(id, 'completed');
  });

  it('is retried by a node that has not read the key that it is encrypted under', async () => {
    node = await queue.startNode();
    const id = await insert('underanewkey');
    await queue.untilStatus(id, 'failed');
    const other = await openKeyRing(queue.db, ...node.context.keyRing.masters);
    // Without notices, so that the node does not hear of it.
    await rotateEncryptionKey(testContext({ db: queue.db, keyRing: other }), { reason: 'a test' });
    await queue.db.query(`UPDATE auth.data_protection_keys SET activated_at = now() WHERE activated_at > now()`);
    await other.refresh();
    const sealed = other.seal(PASSWORD, id);
    expect(node.context.keyRing.knowsKeyOf(sealed)).toBe(false);
    await queue.db.query('UPDATE auth.queued_managed_account_creations SET encrypted_password = $2 WHERE id = $1', [
      id,
      sealed,
    ]);
    await retryEntry(node.context, { entryId: id });
    await queue.untilStatus(id, 'completed');
  });

  it('is completed once it has a password', async () => {
    node = await queue.startNode();
    const id = await insert('TestUser');
    await queue.untilStatus(id, 'failed');
    await retryEntry(node.context, { entryId: id, password: PASSWORD });
    const { userId } = await queue.untilStatus(id, 'completed');
    expect(await queue.db.prisma.user.findUnique({ where: { id: userId ?? '' } })).toMatchObject({
      username: 'TestUser',
    });
  });

  it('with a name that is none fails for it, and the provider is not asked', async () => {
    node = await queue.startNode();
    const id = await insert('not a name!');
    await queue.untilStatus(id, 'failed');
    const before = queue.simulator.calls.create;
    await retryEntry(node.context, { entryId: id, password: PASSWORD });
    const entry = await queue.untilAttempts(id, 2);
    expect(entry).toMatchObject({ status: 'failed', lastErrorCode: 'USERNAME_INVALID', retryCount: 0 });
    expect(queue.simulator.calls.create).toBe(before);
  });
});

describe('a retry by hand', () => {
  it('is refused, with the reason, for what cannot be retried', async () => {
    node = await queue.startNode();
    const done = await node.enqueue();
    await queue.untilStatus(done, 'completed');
    await expect(retryEntry(node.context, { entryId: done })).rejects.toMatchObject({
      code: 'INVALID_STATE',
    });
    await expect(retryEntry(node.context, { entryId: '00000000-0000-4000-8000-000000000000' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(retryEntry(node.context, { entryId: done, password: 'short' })).rejects.toMatchObject({
      issues: [{ path: ['password'], code: 'TOO_SHORT' }],
    });
  });

  it('is refused while another active entry, or a user, has the name; and changes nothing', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: 'error', code: 'invalid_argument', errorId: 'COMMA-VoaRj', times: 1 }]);
    const first = await node.enqueue({ username: 'shared' });
    const before = await queue.untilStatus(first, 'failed');
    const second = await node.enqueue({ username: 'shared', runAt: new Date(Date.now() + 60_000) });
    const retry = () => retryEntry(node.context, { entryId: first, idempotencyKey: 'again' });
    await expect(retry()).rejects.toMatchObject({
      code: 'USERNAME_TAKEN',
      message: expect.stringContaining('an entry'),
    });
    expect(await queue.entry(first)).toEqual(before);
    await queue.makeDue(second);
    node.worker.wake();
    await queue.untilStatus(second, 'completed');
    await expect(retry()).rejects.toMatchObject({ code: 'USERNAME_TAKEN', message: expect.stringContaining('a user') });
    expect(await queue.db.prisma.idempotencyKey.count()).toBe(0);
  });

  it('under one key starts one series, however often it is called at once', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: 'error', code: 'invalid_argument', errorId: 'COMMA-VoaRj', times: 2 }]);
    const id = await node.enqueue();
    await queue.untilStatus(id, 'failed');
    const call = { entryId: id, idempotencyKey: 'once' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => retryEntry(node.context, call)));
    expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    await queue.untilAttempts(id, 2);
    await expect(retryEntry(node.context, { ...call, password: 'Another-Password-5' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      fields: ['password'],
    });
  });

  it('brings a waiting entry forward', async () => {
    node = await queue.startNode();
    const id = await node.enqueue({ runAt: new Date(Date.now() + 3_600_000) });
    await retryEntry(node.context, { entryId: id });
    await queue.untilStatus(id, 'completed');
  });
});
