/** Claiming: each entry is claimed by one claimer, oldest due first, and none while the circuit is open. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClaimedEntry, claimDue, claimForLookup, claimProbe, giveBack } from '../../src/accounts/claim.ts';
import { openCircuit } from '../support/circuit.ts';
import { createTestQueue, PROVIDER, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;
const claim = { provider: PROVIDER, nodeId: randomUUID(), leaseMs: 30_000 };

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

/** Inserts waiting entries with SQL, as users do; `due` is an interval from now, or null. */
async function insertWaiting(count: number, due: string | null = '-1 second', name = 'waiting'): Promise<string[]> {
  const rows = await queue.db.query<{ id: string }>(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, created_by_user_id, next_retry_at)
     SELECT $1, $5 || '_' || n, 'Waiting', $2, now() + $4::interval FROM generate_series(1, $3) AS n RETURNING id`,
    [queue.familyId, queue.ownerId, count, due, name],
  );
  return rows.map(({ id }) => id);
}

describe('claiming', () => {
  it('gives each of 2,000 entries to one of 8 connections', async () => {
    const ids = await insertWaiting(2_000);
    const claimers = Array.from({ length: 8 }, async () => {
      const mine: ClaimedEntry[] = [];
      for (;;) {
        const some = await claimDue(queue.db, claim, 50);
        mine.push(...some);
        if (some.length === 0) return mine;
      }
    });
    const claimed = (await Promise.all(claimers)).flat();
    expect(claimed.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(new Set(claimed.map(({ leaseToken }) => leaseToken)).size).toBe(2_000);
    expect(claimed.every(({ attemptNumber, nodeId }) => attemptNumber === 1 && nodeId === claim.nodeId)).toBe(true);
  });

  it('takes the longest due first; one that was written without a due time is due as of then', async () => {
    const later = await insertWaiting(2, '-1 minute', 'later');
    const sooner = await insertWaiting(2, '-1 hour', 'sooner');
    const withoutTime = await insertWaiting(1, null, 'timeless');
    await insertWaiting(1, '1 minute', 'future');
    const order: string[] = [];
    for (let i = 0; i < 6; i++) order.push(...(await claimDue(queue.db, claim, 1)).map(({ id }) => id));
    expect(order.slice(0, 2).sort()).toEqual([...sooner].sort());
    expect(order.slice(2, 4).sort()).toEqual([...later].sort());
    expect(order.slice(4)).toEqual(withoutTime);
  });

  it('sees an entry that is due now, although its instant was rounded up to the millisecond', async () => {
    for (let i = 0; i < 200; i++) {
      await insertWaiting(1, '0 seconds', `now_${i}`);
      expect(await claimDue(queue.db, claim, 5), `round ${i}`).toHaveLength(1);
    }
  });

  it('gives nothing while the circuit is open', async () => {
    await insertWaiting(3);
    await openCircuit(queue.db, PROVIDER, 'the test', 'no claims', null);
    expect(await claimDue(queue.db, claim, 10)).toEqual([]);
    expect(await claimProbe(queue.db, claim)).toBeUndefined();
  });

  it('leaves alone what is not waiting', async () => {
    const ids = await insertWaiting(4);
    const states = ['failed', 'cancelled', 'completed', 'processing'];
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations e SET status = s.status::auth.entry_status, next_retry_at = NULL
       FROM unnest($1::uuid[], $2::text[]) AS s(id, status) WHERE e.id = s.id`,
      [ids, states],
    );
    expect(await claimDue(queue.db, claim, 10)).toEqual([]);
    for (const id of ids) expect(await claimForLookup(queue.db, claim, id)).toBeUndefined();
  });
});

describe('giving back', () => {
  beforeEach(() => insertWaiting(2).then(() => undefined));

  it('leaves an entry as if it had not been claimed', async () => {
    const claimed = await claimDue(queue.db, claim, 2);
    await giveBack(queue.db, claimed);
    for (const { id, nextRetryAt } of claimed) {
      expect(await queue.entry(id)).toMatchObject({
        status: 'pending',
        attemptCount: 0,
        nextRetryAt,
        leaseToken: null,
        leaseNodeId: null,
        leaseExpiresAt: null,
      });
    }
  });

  it('does nothing to an entry that another holds meanwhile', async () => {
    const claimed = await claimDue(queue.db, claim, 2);
    await giveBack(queue.db, claimed);
    const [again] = await claimDue(queue.db, claim, 1);
    await giveBack(queue.db, claimed);
    expect(await queue.entry(again?.id ?? '')).toMatchObject({
      status: 'processing',
      attemptCount: 1,
      leaseToken: again?.leaseToken,
    });
  });
});
