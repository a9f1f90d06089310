/**
 * Pauses of families in any order with other changes of entries: no paused entry is claimed, and once the nodes
 * have caught up, exactly the paused entries are marked.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClaimedEntry, claimDue, giveBack } from '../../src/accounts/claim.ts';
import { keepHolds } from '../../src/accounts/control/holds.ts';
import { pauseQueue, resumeQueue } from '../../src/accounts/control/queue-control.ts';
import { createTestQueue, PROVIDER, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;
let families: string[] = [];
const claim = { provider: PROVIDER, nodeId: randomUUID(), leaseMs: 30_000 };

beforeAll(async () => {
  queue = await createTestQueue();
  const rows = await queue.db.query<{ id: string }>(
    `INSERT INTO auth.families (name) VALUES ('One'), ('Two'), ('Three') RETURNING id`,
  );
  families = rows.map(({ id }) => id);
});
afterAll(() => queue?.close());

const WRITE = {
  enqueue: `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name)
            SELECT $1, 'e' || left(replace(gen_random_uuid()::text, '-', ''), 15), 'Waiting' FROM generate_series(1, 2)`,
  cancel: `UPDATE auth.queued_managed_account_creations SET status = 'cancelled', next_retry_at = NULL
           WHERE id = (SELECT id FROM auth.queued_managed_account_creations WHERE family_id = $1 AND status = 'pending' LIMIT 1)`,
  retry: `UPDATE auth.queued_managed_account_creations SET status = 'pending', next_retry_at = now()
          WHERE family_id = $1 AND status = 'cancelled'`,
  'end the pause': `UPDATE auth.queue_pauses SET paused_until = paused_at WHERE family_id = $1`,
  'delete the pause': 'DELETE FROM auth.queue_pauses WHERE family_id = $1',
};
const WRITES = Object.keys(WRITE) as (keyof typeof WRITE)[];
const step = fc.record({
  family: fc.integer({ min: 0, max: 2 }),
  what: fc.constantFrom(...WRITES, 'enqueue', 'pause', 'pause', 'resume', 'keep', 'claim', 'claim', 'give back'),
});

const pausedFamilies = async (): Promise<string[]> =>
  (
    await queue.db.query<{ id: string }>(
      'SELECT family_id AS id FROM auth.queue_pauses WHERE paused_until IS NULL OR paused_until > now()',
    )
  ).map(({ id }) => id);

it('nothing paused is claimed, and in the end exactly what is paused is marked', async () => {
  let [claimedCount, markedCount] = [0, 0];
  const claimSome = async (limit: number): Promise<ClaimedEntry[]> => {
    const paused = await pausedFamilies();
    const claimed = await claimDue(queue.db, claim, limit);
    claimedCount += claimed.length;
    expect(claimed.filter(({ familyId }) => paused.includes(familyId ?? ''))).toEqual([]);
    return claimed;
  };
  await fc.assert(
    fc
      .asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
        let claimed: ClaimedEntry[] = [];
        for (const { family, what } of steps) {
          const familyId = families[family] ?? '';
          if (what === 'pause') await pauseQueue(queue.context, { familyId, reason: 'a test' });
          else if (what === 'resume') await resumeQueue(queue.context, { familyId });
          else if (what === 'keep') await keepHolds(queue.db);
          else if (what === 'claim') claimed.push(...(await claimSome(3)));
          else if (what === 'give back') claimed = await giveBack(queue.db, claimed).then(() => []);
          else await queue.db.query(WRITE[what], [familyId]);
        }
        await keepHolds(queue.db);
        const paused = await pausedFamilies();
        const pending = await queue.db.prisma.queuedCreation.findMany({ where: { status: 'pending' } });
        for (const { familyId, isHeld } of pending) expect(isHeld).toBe(paused.includes(familyId ?? ''));
        const held = pending.filter(({ isHeld }) => isHeld);
        markedCount += held.length;
        expect(await claimSome(1_000)).toHaveLength(pending.length - held.length);
      })
      .afterEach(async () => {
        await queue.db.query('TRUNCATE auth.queued_managed_account_creations, auth.queue_pauses CASCADE');
      }),
    { numRuns: 60 },
  );
  expect(claimedCount).toBeGreaterThan(20);
  expect(markedCount).toBeGreaterThan(20);
}, 60_000);
