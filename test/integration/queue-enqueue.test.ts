/** Enqueueing: every validation result, and the races for a username and for an idempotency key. */

import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { IdempotencyConflictError } from '../../src/access/idempotency.ts';
import { enqueueAccount } from '../../src/accounts/enqueue.ts';
import { UsernameTakenError } from '../../src/accounts/entry.errors.ts';
import { APPLICATION_NAME, openDatabase } from '../../src/database/database.ts';
import { InvalidInputError, NotFoundError } from '../../src/refusals.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { openCircuit } from '../support/circuit.ts';
import { as, testContext } from '../support/context.ts';
import { createTestQueue, PASSWORD, PROVIDER, type TestNode, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;
let node: TestNode;

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

/** A node that accepts entries but attempts none. */
async function startQuietNode(): Promise<TestNode> {
  await openCircuit(queue.db, PROVIDER, 'the test', 'entries are only taken in', null);
  return queue.startNode();
}

const reasonOf = (settled: PromiseSettledResult<unknown>): unknown =>
  settled.status === 'rejected' ? settled.reason : undefined;

describe('the event of an entry', () => {
  const queuedEvents = () =>
    queue.db.prisma.outboxEvent.count({ where: { eventType: 'ManagedAccountCreationQueued' } });

  it('is written once, whatever the session is called', async () => {
    node = await startQuietNode();
    const url = new URL(queue.url);
    url.searchParams.set('application_name', 'somebody');
    const renamed = await openDatabase({ url: url.href, poolSize: 2, logger: silentLogger });
    try {
      const [session] = await renamed.query<{ name: string }>(`SELECT current_setting('application_name') AS name`);
      expect(session?.name).toBe('somebody');
      await enqueueAccount(testContext({ db: renamed, keyRing: queue.keyRing }), queue.account());
      expect(await queuedEvents()).toBe(1);
    } finally {
      await renamed.close();
    }
  });

  it('is written for a row that somebody inserts with SQL under our name, and not twice where he writes it himself', async () => {
    node = await startQuietNode();
    const client = new pg.Client({ connectionString: queue.url, application_name: APPLICATION_NAME });
    await client.connect();
    try {
      await client.query(
        `INSERT INTO auth.queued_managed_account_creations (username, full_name) VALUES ('by_hand', 'By Hand')`,
      );
      expect(await queuedEvents()).toBe(1);
      await client.query(
        `WITH entry AS (
           INSERT INTO auth.queued_managed_account_creations (username, full_name) VALUES ('by_hand_too', 'By Hand') RETURNING id)
         INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload)
         SELECT 'ManagedAccountCreationQueued', 'ManagedAccountCreation', id, '{}' FROM entry`,
      );
      expect(await queuedEvents()).toBe(2);
    } finally {
      await client.end();
    }
  });
});

describe('an accepted account', () => {
  it('is a waiting entry, due now, with its password sealed', async () => {
    node = await startQuietNode();
    const account = queue.account({ username: '  Anna_7 ', fullName: ' Anna   Lena  Muster ' });
    const { entryId, generatedPassword, isReplay } = await enqueueAccount(node.context, account);
    expect({ generatedPassword, isReplay }).toEqual({ generatedPassword: null, isReplay: false });
    const entry = await queue.entry(entryId);
    expect(entry).toMatchObject({
      familyId: queue.familyId,
      createdByUserId: queue.ownerId,
      username: 'anna_7',
      fullName: 'Anna Lena Muster',
      role: 'managed_account',
      status: 'pending',
      retryCount: 0,
      attemptCount: 0,
    });
    expect(entry.nextRetryAt?.getTime()).toBeLessThanOrEqual(Date.now());
    expect(queue.keyRing.unseal(entry.encryptedPassword ?? '', entryId)).toBe(PASSWORD);
  });

  it('gets a password when it came without one, told once', async () => {
    node = await startQuietNode();
    const account = queue.account({ password: undefined, idempotencyKey: 'generated' });
    const first = await enqueueAccount(node.context, account);
    expect(first.generatedPassword).toMatch(/^\S{20}$/);
    const entry = await queue.entry(first.entryId);
    expect(queue.keyRing.unseal(entry.encryptedPassword ?? '', first.entryId)).toBe(first.generatedPassword);
    expect(await enqueueAccount(node.context, account)).toEqual({
      entryId: first.entryId,
      generatedPassword: null,
      isReplay: true,
    });
  });

  it('is not attempted before runAt', async () => {
    node = await queue.startNode();
    const runAt = new Date(Date.now() + 3_600_000);
    const later = await node.enqueue({ runAt });
    const now = await node.enqueue();
    await queue.untilStatus(now, 'completed');
    expect(await queue.entry(later)).toMatchObject({ status: 'pending', nextRetryAt: runAt, attemptCount: 0 });
    await queue.makeDue(later);
    node.worker.wake();
    await queue.untilStatus(later, 'completed');
  });

  it.each(['LISTEN', 'the polled table'])(
    'is attempted on whichever node is free, which hears of it by %s',
    async (road) => {
      const [busy, free] = [
        await queue.startNode({ isListening: road === 'LISTEN' }),
        await queue.startNode({ isListening: road === 'LISTEN' }),
      ];
      await busy.worker.stop(1_000);
      const id = await busy.enqueue();
      await queue.untilStatus(id, 'completed');
      expect((await queue.attempts(id))[0]?.nodeId).toBe(free.id);
    },
  );

  it('is completed at once, without the retry job', async () => {
    node = await queue.startNode();
    await queue.untilStatus(await node.enqueue(), 'completed');
  });
});

describe('a refusal', () => {
  it('lists every problem at once', async () => {
    node = await startQuietNode();
    const account = queue.account({
      username: 'a!',
      fullName: ' ',
      role: 'owner',
      password: 'short',
      idempotencyKey: '',
    });
    const refusal = await enqueueAccount(node.context, account).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InvalidInputError);
    expect((refusal as InvalidInputError).issues.map(({ path, code }) => [...path, code])).toEqual([
      ['username', 'TOO_SHORT'],
      ['fullName', 'TOO_SHORT'],
      ['role', 'NOT_ALLOWED'],
      ['password', 'TOO_SHORT'],
      ['idempotencyKey', 'INVALID_LENGTH'],
    ]);
  });

  it('lists what the database alone knows beside them, and writes nothing', async () => {
    node = await startQuietNode();
    const { context } = node;
    await enqueueAccount(context, queue.account({ username: 'taken' }));
    const problems = async (more: Parameters<typeof queue.account>[0]) => {
      const account = queue.account({ password: 'short', ...more });
      const refusal = await enqueueAccount(context, account).catch((error: unknown) => error);
      return (refusal as InvalidInputError).issues.map(({ path, code }) => [...path, code].join(' '));
    };
    expect(await problems({ username: 'TAKEN' })).toEqual(['password TOO_SHORT', 'username USERNAME_TAKEN']);
    expect(await problems({ username: 'free' })).toEqual(['password TOO_SHORT']);
    expect(await problems({ familyId: randomUUID() })).toEqual(['password TOO_SHORT', 'familyId NOT_FOUND']);
    expect(await problems({ createdByUserId: randomUUID() })).toEqual([
      'password TOO_SHORT',
      'createdByUserId NOT_A_MEMBER',
    ]);
    // Characters that the database cannot store are refused before.
    expect(await problems({ username: 'nu\0l', fullName: 'nu\0l' })).toEqual([
      'username INVALID_CHARACTERS',
      'fullName INVALID_CHARACTERS',
      'password TOO_SHORT',
    ]);
    expect(await queue.db.prisma.queuedCreation.count()).toBe(1);
  });

  it('names the family, the creator or the name that is the reason', async () => {
    node = await startQuietNode();
    const { context } = node;
    const taken = queue.account({ username: 'taken' });
    await enqueueAccount(context, taken);
    await queue.db.query(
      `INSERT INTO auth.users (family_id, username, full_name, role) VALUES ($1, 'Grown_Up', 'G. Up', 'member')`,
      [queue.familyId],
    );
    const [stranger] = await queue.db.query<{ id: string }>(
      `WITH family AS (INSERT INTO auth.families (name) VALUES ('Others') RETURNING id)
       INSERT INTO auth.users (family_id, full_name, role) SELECT id, 'Stranger', 'owner' FROM family RETURNING id`,
    );
    const refusals = await Promise.allSettled([
      enqueueAccount(context, queue.account({ familyId: randomUUID() })),
      enqueueAccount(context, queue.account({ createdByUserId: randomUUID() })),
      enqueueAccount(context, queue.account({ createdByUserId: stranger?.id ?? '' })),
      enqueueAccount(context, queue.account({ username: 'TAKEN' })),
      enqueueAccount(context, queue.account({ username: 'grown_up' })),
    ]);
    const [noFamily, noCreator, foreignCreator, entryHasName, userHasName] = refusals.map(reasonOf);
    expect(noFamily).toBeInstanceOf(NotFoundError);
    expect(noCreator).toMatchObject({ issues: [{ path: ['createdByUserId'], code: 'NOT_A_MEMBER' }] });
    expect(foreignCreator).toMatchObject({ issues: [{ path: ['createdByUserId'], code: 'NOT_A_MEMBER' }] });
    expect(entryHasName).toMatchObject({ code: 'USERNAME_TAKEN', username: 'taken' });
    expect(userHasName).toMatchObject({ code: 'USERNAME_TAKEN', username: 'grown_up' });
    expect(await queue.db.prisma.queuedCreation.count()).toBe(1);
  });

  it('is not recorded: the same key works once the reason is gone', async () => {
    node = await startQuietNode();
    const first = await node.enqueue({ username: 'twice' });
    const account = queue.account({ username: 'twice', idempotencyKey: 'k' });
    await expect(enqueueAccount(node.context, account)).rejects.toBeInstanceOf(UsernameTakenError);
    expect(await queue.db.prisma.idempotencyKey.count()).toBe(0);
    await queue.db.query(`UPDATE auth.queued_managed_account_creations SET status = 'cancelled' WHERE id = $1`, [
      first,
    ]);
    expect(await enqueueAccount(node.context, account)).toMatchObject({ isReplay: false });
  });

  it.each(['with a \0 zero', 'with half an emoji \ud83d'])('hits nobody else: a key %j', async (idempotencyKey) => {
    node = await startQuietNode();
    const settled = await Promise.allSettled([
      node.enqueue(),
      node.enqueue(),
      node.enqueue({ idempotencyKey }),
      node.enqueue(),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(settled.map(reasonOf)[2]).toMatchObject({
      issues: [{ path: ['idempotencyKey'], code: 'INVALID_CHARACTERS' }],
    });
  });
});

describe('races', () => {
  it('give one name to one of 200 callers on two nodes', async () => {
    const [one, other] = [await startQuietNode(), await queue.startNode()];
    const settled = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) =>
        enqueueAccount(
          (i % 2 === 0 ? one : other).context,
          queue.account({ username: i % 3 === 0 ? 'popular' : 'Popular' }),
        ),
      ),
    );
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refusals = settled.map(reasonOf).filter((reason) => reason !== undefined);
    expect(refusals).toHaveLength(199);
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(UsernameTakenError);
    expect(await queue.db.prisma.queuedCreation.count()).toBe(1);
  });

  it('make one entry of 50 calls with one key on two nodes; the others are replays', async () => {
    const [one, other] = [await startQuietNode(), await queue.startNode()];
    const account = queue.account({ idempotencyKey: 'once' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => enqueueAccount((i % 2 === 0 ? one : other).context, account)),
    );
    expect(new Set(answers.map(({ entryId }) => entryId)).size).toBe(1);
    expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    expect(await queue.db.prisma.queuedCreation.count()).toBe(1);
    expect(await queue.db.prisma.idempotencyKey.count()).toBe(1);
  });

  it('among many different accounts lose none', async () => {
    const [one, other] = [await startQuietNode(), await queue.startNode()];
    const ids = await Promise.all(Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? one : other).enqueue()));
    expect(new Set(ids).size).toBe(500);
    expect(await queue.db.prisma.queuedCreation.count()).toBe(500);
  });
});

describe('idempotency keys', () => {
  it('refuse another input, naming the fields and no values', async () => {
    node = await startQuietNode();
    const account = queue.account({ idempotencyKey: 'k1' });
    await enqueueAccount(node.context, account);
    const other = { ...account, fullName: 'Somebody Else', password: 'Another-Password-123', runAt: new Date() };
    const refusal = await enqueueAccount(node.context, other).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(IdempotencyConflictError);
    expect([...(refusal as IdempotencyConflictError).fields].sort()).toEqual(['fullName', 'password', 'runAt']);
    expect((refusal as Error).message).not.toMatch(/Somebody|Another-Password/);
  });

  it('belong to their caller', async () => {
    node = await startQuietNode();
    const mine = await enqueueAccount(as(node.context, 'anna'), queue.account({ idempotencyKey: 'k' }));
    const theirs = await enqueueAccount(as(node.context, 'ben'), queue.account({ idempotencyKey: 'k' }));
    expect(theirs).toMatchObject({ isReplay: false });
    expect(theirs.entryId).not.toBe(mine.entryId);
  });

  it('are replayed also when the entry is long done', async () => {
    node = await queue.startNode();
    const account = queue.account({ idempotencyKey: 'done' });
    const { entryId } = await enqueueAccount(node.context, account);
    await queue.untilStatus(entryId, 'completed');
    expect(await enqueueAccount(node.context, account)).toMatchObject({ entryId, isReplay: true });
  });

  it('keep a keyed digest of each field, which tells nothing of the value', async () => {
    node = await startQuietNode();
    const account = queue.account({ idempotencyKey: 'digests', username: 'digested' });
    await enqueueAccount(node.context, account);
    const [row] = await queue.db.query<{ text: string; digests: Record<string, string> }>(
      'SELECT k::text AS text, input_digests AS digests FROM auth.idempotency_keys k',
    );
    const fields = ['createdByUserId', 'familyId', 'fullName', 'password', 'role', 'runAt', 'username'];
    expect(Object.keys(row?.digests ?? {}).sort()).toEqual(fields);
    for (const value of [PASSWORD, account.username, account.fullName, account.familyId]) {
      expect(row?.text).not.toContain(value);
      expect(row?.text).not.toContain(Buffer.from(value).toString('base64url'));
    }
    for (const digest of Object.values(row?.digests ?? {})) expect(digest).toMatch(/^[\w-]{43}$/);
  });
});
