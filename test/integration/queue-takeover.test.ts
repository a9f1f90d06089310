/** Nodes that crash and nodes that stop: their entries are taken over or returned, and none is processed twice. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { claimDue, giveBack } from '../../src/accounts/claim.ts';
import { destroySomePasswords } from '../../src/accounts/passwords.ts';
import { takeOverAllExpired } from '../../src/accounts/takeover.ts';
import type { Database } from '../../src/database/database.ts';
import { deletions } from '../../src/retention/retention.ts';
import { openCircuit } from '../support/circuit.ts';
import { createGate, createTestQueue, PASSWORD, PROVIDER, type TestNode, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

/** Claims `count` new entries for a node that has stopped. */
async function claimAndDie(count: number): Promise<{ ids: string[]; nodeId: string }> {
  await openCircuit(queue.db, PROVIDER, 'the test', 'entries are claimed by hand', null);
  const node = await queue.startNode();
  for (let i = 0; i < count; i++) await node.enqueue();
  await node.stop();
  await queue.db.query(`UPDATE auth.identity_circuits SET state = 'closed'`);
  const claimed = await claimDue(queue.db, { provider: PROVIDER, nodeId: node.id, leaseMs: 30_000 }, count);
  return { ids: claimed.map(({ id }) => id), nodeId: node.id };
}

describe('taking over', () => {
  it('leaves leases that still run alone', async () => {
    const { ids } = await claimAndDie(3);
    const node = await queue.startNode();
    expect(await node.takeOver()).toEqual([]);
    for (const id of ids) expect(await queue.entry(id)).toMatchObject({ status: 'processing' });
  });

  it('writes the attempt as interrupted from the lease, costs nothing, and the next attempt looks first', async () => {
    const { ids, nodeId } = await claimAndDie(1);
    const [id = ''] = ids;
    const before = await queue.entry(id);
    // The node had created the account and died before it could write that.
    const dead = await queue.startNode();
    await dead.provider.createAccount(
      {
        entryId: id,
        familyId: queue.familyId,
        username: before.username,
        fullName: before.fullName,
        password: PASSWORD,
      },
      { signal: AbortSignal.timeout(2_000), timeoutMs: 2_000 },
    );
    await dead.stop();
    await queue.expireLease(id);
    const node = await queue.startNode();
    const { create } = queue.simulator.calls;
    expect(await node.takeOver()).toEqual([id]);
    expect(await queue.untilStatus(id, 'completed')).toMatchObject({ retryCount: 0, attemptCount: 2 });
    const [interrupted, succeeded] = await queue.attempts(id);
    expect(interrupted).toMatchObject({
      number: 1,
      outcome: 'interrupted',
      nodeId,
      startedAt: before.leasedAt,
      dueAt: before.nextRetryAt,
      errorCode: 'ATTEMPT_INTERRUPTED',
    });
    expect(succeeded).toMatchObject({ number: 2, outcome: 'succeeded', nodeId: node.id });
    expect(queue.simulator.calls.create).toBe(create);
    expect(await queue.accounts()).toHaveLength(1);
    expect(await queue.events()).toHaveLength(1);
  });

  it('costs a retry at the third interruption in a row', async () => {
    const { ids, nodeId } = await claimAndDie(1);
    const [id = ''] = ids;
    const node = await queue.startNode();
    await node.worker.stop(1_000);
    const interrupt = async () => {
      await queue.expireLease(id);
      expect(await node.takeOver()).toEqual([id]);
      return queue.entry(id);
    };
    const claimAgain = () => claimDue(queue.db, { provider: PROVIDER, nodeId, leaseMs: 30_000 }, 1);
    const first = await interrupt();
    expect(first).toMatchObject({ status: 'pending', retryCount: 0, interruptionCount: 1, needsLookup: true });
    expect(await claimAgain()).toHaveLength(1);
    expect(await interrupt()).toMatchObject({ retryCount: 0, interruptionCount: 2, nextRetryAt: first.nextRetryAt });
    expect(await claimAgain()).toHaveLength(1);
    const third = await interrupt();
    expect(third).toMatchObject({ status: 'pending', retryCount: 1, interruptionCount: 0, needsLookup: true });
    expect((third.nextRetryAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(55_000);
    expect(await queue.attempts(id)).toHaveLength(3);
  });

  it('by two nodes at once is done once', async () => {
    const { ids } = await claimAndDie(250);
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET lease_expires_at = now() - interval '1 second'`,
    );
    const nodes = [await queue.startNode(), await queue.startNode()];
    for (const node of nodes) await node.worker.stop(1_000);
    const taken = await Promise.all([0, 1, 0, 1].map((index) => nodes[index]?.takeOver() ?? []));
    expect(taken.flat().sort()).toEqual([...ids].sort());
    expect(await queue.db.prisma.attempt.count({ where: { outcome: 'interrupted' } })).toBe(250);
  });

  it('of many, of which the database refuses one, takes over the others and names that one', async () => {
    const { ids } = await claimAndDie(20);
    const [offender = ''] = ids;
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET lease_expires_at = now() - interval '1 second'`,
    );
    await queue.db.query(
      `ALTER TABLE auth.queued_managed_account_creations ADD CONSTRAINT whim CHECK (status = 'processing' OR id <> '${offender}')`,
    );
    try {
      const { entryIds, refused } = await takeOverAllExpired(queue.context);
      expect([...entryIds].sort()).toEqual(ids.slice(1).sort());
      expect(refused).toMatchObject([{ entryId: offender, reason: 'whim' }]);
    } finally {
      await queue.db.query('ALTER TABLE auth.queued_managed_account_creations DROP CONSTRAINT whim');
    }
  });

  it.each([
    ['next_retry_at', "'0044-03-15 BC'"],
    ['created_at', "'infinity'"],
    ['failed_at', "'294276-01-01'"],
    ['attempt_count', '2147483647'],
    ['interruption_count', '3'],
  ])('meets no %s that it could not carry: %s is refused where it is written', async (column, value) => {
    const insert = queue.db.query(
      `INSERT INTO auth.queued_managed_account_creations (username, full_name, status, ${column})
       VALUES ('of_old', 'Of Old', 'processing', ${value})`,
    );
    await expect(insert).rejects.toMatchObject({
      code: '23514',
      constraint: expect.stringMatching(/_(instants|counts)_check$/),
    });
  });

  it('works with the most extreme row that can be written, and so do claims and the destruction of passwords', async () => {
    const end = "'9999-12-31 23:59:59.999Z'";
    const [extreme] = await queue.db.query<{ id: string }>(
      `INSERT INTO auth.queued_managed_account_creations
         (family_id, username, full_name, encrypted_password, retry_count, attempt_count, interruption_count, last_error_message,
          created_at, updated_at, next_retry_at, lookup_final_at, probed_at)
       VALUES ($1, 'extreme', repeat('é', 1000000), repeat('x', 1000000), 5, 1000000, 2, repeat(U&'\\+01F600', 100000),
               '0001-01-01Z', ${end}, '0001-01-01Z', ${end}, ${end}) RETURNING id`,
      [queue.familyId],
    );
    const [usual] = await queue.insertUnnoticed(1);
    const ids = [extreme?.id, usual].sort();
    const claim = { provider: PROVIDER, nodeId: (await queue.startNode()).id, leaseMs: 30_000 };
    await queue.stopNodes();
    const idsOf = (entries: readonly { id: string }[]) => entries.map(({ id }) => id).sort();

    const claimed = await claimDue(queue.db, claim, 10);
    expect(idsOf(claimed)).toEqual(ids);
    await giveBack(queue.db, claimed);
    expect(idsOf(await claimDue(queue.db, claim, 10))).toEqual(ids);
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET leased_at = '0001-01-01Z', lease_expires_at = '0001-01-01Z'`,
    );
    const { entryIds, refused } = await takeOverAllExpired(queue.context);
    expect([[...entryIds].sort(), refused]).toEqual([ids, []]);
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET status = 'cancelled', next_retry_at = NULL, cancelled_at = '0001-01-01Z'`,
    );
    expect(await destroySomePasswords(queue.context)).toMatchObject({ count: 2 });
    const kinds = deletions({ prune: async () => 0 });
    const { delete: remove } = kinds.find(({ name }) => name === 'cancelledEntries') ?? {};
    await queue.db.query(`UPDATE auth.queued_managed_account_creations SET created_at = '0001-01-01Z'`);
    expect(await queue.db.transaction(async (tx) => remove?.(tx, 1_000, 10))).toBe(2);
  });

  it('frees an entry that someone set to processing by hand', async () => {
    const node = await queue.startNode();
    const id = await node.enqueue({ runAt: new Date(Date.now() + 60_000) });
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET status = 'processing', next_retry_at = now() WHERE id = $1`,
      [id],
    );
    expect(await node.takeOver()).toEqual([id]);
    await queue.untilStatus(id, 'completed');
  });
});

describe('a node that stops', () => {
  it('lets attempts in flight end, gives the rest back, and another node goes on at once', async () => {
    const gate = createGate();
    queue.onRequest(({ stage, path }) => (path === 'create' && stage === 'received' ? gate.passed : undefined));
    const node = await queue.startNode({ concurrency: 2 });
    const ids = await Promise.all(Array.from({ length: 8 }, () => node.enqueue()));
    await expect.poll(() => node.worker.attemptsInHand(), { interval: 5 }).toBe(2);
    await expect
      .poll(() => queue.db.prisma.queuedCreation.count({ where: { status: 'processing' } }), { interval: 5 })
      .toBe(4);

    const stopped = node.worker.stop(5_000);
    await expect
      .poll(() => queue.db.prisma.queuedCreation.count({ where: { status: 'processing' } }), { interval: 5 })
      .toBe(2);
    gate.open();
    await stopped;
    expect(await queue.db.prisma.queuedCreation.count({ where: { status: 'completed' } })).toBe(2);
    const waiting = await queue.db.prisma.queuedCreation.findMany({ where: { status: 'pending' } });
    expect(waiting).toHaveLength(6);
    expect(waiting.every(({ attemptCount, leaseToken }) => attemptCount === 0 && leaseToken === null)).toBe(true);
    node.worker.wake();

    const other = await queue.startNode();
    other.worker.wake();
    for (const id of ids) await queue.untilStatus(id, 'completed');
    expect(await queue.accounts()).toHaveLength(8);
  });

  it('tells the others at once what it gave back', async () => {
    const gate = createGate();
    queue.onRequest(({ stage, path }) => (path === 'create' && stage === 'received' ? gate.passed : undefined));
    const node = await queue.startNode({ concurrency: 1 });
    await node.enqueue();
    const second = await node.enqueue();
    await expect
      .poll(() => queue.db.prisma.queuedCreation.count({ where: { status: 'processing' } }), { interval: 5 })
      .toBe(2);
    const other = await queue.startNode();
    const stopped = node.worker.stop(5_000);
    await expect.poll(() => other.worker.attemptsInHand(), { interval: 5 }).toBe(1);
    gate.open();
    await stopped;
    await queue.untilStatus(second, 'completed');
  });

  it('gives up waiting for an attempt that does not end in time', async () => {
    queue.simulator.faults.set([{ kind: 'hang', path: 'create' }]);
    const node = await queue.startNode({ timeoutMs: 1_500, leaseMs: 5_000 });
    const id = await node.enqueue();
    await expect.poll(() => node.worker.attemptsInHand(), { interval: 5 }).toBe(1);
    await node.worker.stop(100);
    expect(node.worker.attemptsInHand()).toBe(1);
    expect(await queue.entry(id)).toMatchObject({ status: 'processing' });
  });

  it('starts nothing that a claim brings after it was told to stop, and gives it back', async () => {
    const gate = createGate();
    let isClaiming = false;
    const wrap = (db: Database): Database => ({
      ...db,
      async query<Row>(sql: string, values?: readonly unknown[]) {
        const rows = await db.query<Row>(sql, values);
        if (sql.includes('WITH due AS') && rows.length > 0) {
          isClaiming = true;
          await gate.passed;
        }
        return rows;
      },
    });
    const node: TestNode = await queue.startNode({ wrap });
    const id = await node.enqueue();
    await expect.poll(() => isClaiming, { interval: 5 }).toBe(true);
    let isStopped = false;
    const stopped = node.worker.stop(5_000).then(() => {
      isStopped = true;
    });
    expect(await queue.entry(id)).toMatchObject({ status: 'processing' });
    expect(isStopped).toBe(false);
    gate.open();
    await stopped;
    expect(await queue.entry(id)).toMatchObject({ status: 'pending', attemptCount: 0, leaseToken: null });
    expect(node.worker.attemptsInHand()).toBe(0);
    expect(await queue.accounts()).toEqual([]);
  });
});

describe('an entry claimed ahead', () => {
  it('is given back when its lease leaves no room for an attempt, and claimed anew at once', async () => {
    // After 400 ms of waiting a lease of 4.1 s has no room left for an attempt of up to 4 s.
    queue.simulator.faults.set([{ kind: 'slow', delayMs: 400, path: 'create', times: 2 }]);
    let givenBack = 0;
    const wrap = (db: Database): Database => ({
      ...db,
      query<Row>(sql: string, values?: readonly unknown[]) {
        if (sql.includes('AS held(id, token)')) givenBack += ((values?.[0] ?? []) as string[]).length;
        return db.query<Row>(sql, values);
      },
    });
    const node = await queue.startNode({ concurrency: 2, timeoutMs: 2_000, leaseMs: 4_100, wrap });
    const ids = await Promise.all(Array.from({ length: 4 }, () => node.enqueue()));
    for (const id of ids)
      expect(await queue.untilStatus(id, 'completed')).toMatchObject({ attemptCount: 1, retryCount: 0 });
    // On a busy machine the third entry may wait too long as well.
    expect(givenBack).toBeGreaterThanOrEqual(2);
    expect(await queue.accounts()).toHaveLength(4);
  });
});

describe('a lease', () => {
  /** Counts the entries that are returned to the queue. */
  const counting = (db: Database, held: { givenBack: number }, claimed?: (id: string) => Promise<void>): Database => ({
    ...db,
    async query<Row>(sql: string, values?: readonly unknown[]) {
      if (sql.includes('AS held(id, token)')) held.givenBack += ((values?.[0] ?? []) as string[]).length;
      const rows = await db.query<Row>(sql, values);
      const [first] = rows as { id: string }[];
      if (sql.includes('WITH due AS') && first !== undefined) await claimed?.(first.id);
      return rows;
    },
  });

  it('counts from before the claim: one that is answered late is not attempted under it', async () => {
    const held = { givenBack: 0 };
    let isLate = false;
    /** Delays the response of the first claim until its lease has expired. */
    const comeLate = async (id: string): Promise<void> => {
      if (isLate) return;
      isLate = true;
      await expect
        .poll(async () => ((await queue.entry(id)).leaseExpiresAt?.getTime() ?? 0) < Date.now(), {
          timeout: 30_000,
          interval: 20,
        })
        .toBe(true);
    };
    const node = await queue.startNode({ timeoutMs: 400, leaseMs: 1_500, wrap: (db) => counting(db, held, comeLate) });
    const id = await node.enqueue();
    expect(await queue.untilStatus(id, 'completed')).toMatchObject({ attemptCount: 1 });
    expect(held.givenBack).toBe(1);
    expect(queue.simulator.calls.create).toBeGreaterThan(0);
  });

  it('that ends while the machine sleeps is not used: the request does not leave any more', async () => {
    const held = { givenBack: 0 };
    const realNow = Date.now;
    let sleptMs = 0;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => realNow() + sleptMs);
    try {
      let isFirst = true;
      const token = (): string => {
        // Decrypted and about to be sent: the machine sleeps for an hour here.
        if (isFirst) sleptMs = 3_600_000;
        isFirst = false;
        return queue.simulator.token;
      };
      const node = await queue.startNode({ token, wrap: (db) => counting(db, held) });
      const { create } = queue.simulator.calls;
      const id = await node.enqueue();
      expect(await queue.untilStatus(id, 'completed')).toMatchObject({ attemptCount: 1, retryCount: 0 });
      expect(held.givenBack).toBe(1);
      expect(queue.simulator.calls.create).toBe(create + 1);
    } finally {
      clock.mockRestore();
    }
  });
});
