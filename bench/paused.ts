/**
 * Benchmarks a paused family. Claims alternate between two databases; in one of them a family with PAUSED
 * due entries is paused: measured while its entries are marked as held, and after that. Also measures how
 * long it takes to pause and to resume that family, and what the trigger that marks entries adds to an
 * insert.
 */
import { claimDue, giveBack } from '../src/accounts/claim.ts';
import { keepHolds } from '../src/accounts/control/holds.ts';
import { pauseQueue, resumeQueue } from '../src/accounts/control/queue-control.ts';
import { ensureCircuit } from '../src/identity/circuit.ts';
import { testContext } from '../test/support/context.ts';
import { median, openSetting, type Setting } from './setting.ts';

const PAUSED = Number(process.argv[2] ?? 100_000);
const CLAIMS = Number(process.argv[3] ?? 300);
const INSERTED = 10_000;
const ROUNDS = 9;
/** The number that a worker with a concurrency of 32 claims ahead. */
const LIMIT = 64;

const settings = [await openSetting(), await openSetting()] as const;
const [alone, beside] = settings;
try {
  const familyId = '00000000-0000-4000-8000-000000000001';
  for (const { db } of settings) {
    await ensureCircuit(db, 'bench');
    await db.query(`INSERT INTO auth.families (id, name) VALUES ($1, 'Paused')`, [familyId]);
    await fill(db, 'other', 2_000);
  }
  await fill(beside.db, 'paused', PAUSED, familyId);
  for (const { db } of settings) await db.query('VACUUM ANALYZE auth.queued_managed_account_creations');
  await measure('with none paused', () => false);

  const context = testContext({ db: beside.db, keyRing: beside.keyRing });
  let begun = performance.now();
  await pauseQueue(context, { familyId, reason: 'a benchmark' });
  const pausedMs = performance.now() - begun;
  let isMarking = true;
  const marked = keepAll().then((ms) => {
    isMarking = false;
    return ms;
  });
  await measure('while they are marked', () => isMarking);
  console.log(`paused after ${told(pausedMs)}, all marked after ${told(pausedMs + (await marked))}`);
  await measure('with all marked', () => false);

  begun = performance.now();
  await resumeQueue(context, { familyId });
  const { releasedCount } = await keepHolds(beside.db);
  const firstMs = performance.now() - begun;
  const restMs = await keepAll();
  console.log(
    `resumed; ${releasedCount} can be claimed after ${told(firstMs)}, all ${PAUSED} after ${told(firstMs + restMs)}`,
  );

  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) ratios.push((await inserting('ENABLE')) / (await inserting('DISABLE')));
  console.log(
    `an insert of ${INSERTED} entries with the trigger: ${median(ratios).toFixed(2)} times as long as without (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
  );
} finally {
  for (const setting of settings) await setting.close();
}

function told(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

/** Inserts due entries; with a family, they have been due for longer. */
async function fill(db: Setting['db'], name: string, count: number, familyId: string | null = null): Promise<void> {
  await db.query(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, next_retry_at)
     SELECT $1, $2 || n, 'Some Body', now() - CASE WHEN $1::uuid IS NULL THEN interval '1 hour' ELSE interval '2 hours' END
     FROM generate_series(1, $3) AS n`,
    [familyId, name, count],
  );
}

/** Marks or releases entries, as nodes do when they are notified; returns the milliseconds. */
async function keepAll(): Promise<number> {
  const begun = performance.now();
  for (;;) {
    const { heldCount, releasedCount } = await keepHolds(beside.db);
    if (heldCount + releasedCount === 0) return performance.now() - begun;
  }
}

/** Claims from both in turn, CLAIMS times and then for as long as `isGoingOn`. */
async function measure(when: string, isGoingOn: () => boolean): Promise<void> {
  const times = new Map<Setting, number[]>(settings.map((setting) => [setting, []]));
  for (let count = 0; count < CLAIMS || isGoingOn(); count++)
    for (const [{ db, nodeId }, measured] of times) {
      const begun = performance.now();
      const entries = await claimDue(db, { provider: 'bench', nodeId, leaseMs: 30_000 }, LIMIT);
      measured.push(performance.now() - begun);
      if (entries.length !== LIMIT) throw new Error(`A claim brought ${entries.length} entries instead of ${LIMIT}.`);
      await giveBack(db, entries);
    }
  const [without = [], others = []] = [times.get(alone), times.get(beside)];
  console.log(
    `${when}: a claim of ${LIMIT} beside ${PAUSED} due entries of a family: median ${told(median(others))}, slowest ${told(Math.max(...others))}; alone ${told(median(without))}, slowest ${told(Math.max(...without))}; ratio of the medians ${(median(others) / median(without)).toFixed(2)} (${without.length} claims each)`,
  );
}

async function inserting(trigger: 'ENABLE' | 'DISABLE'): Promise<number> {
  await alone.db.query('TRUNCATE auth.queued_managed_account_creations CASCADE');
  await alone.db.query(`ALTER TABLE auth.queued_managed_account_creations ${trigger} TRIGGER hold_paused_inserted`);
  const begun = performance.now();
  await fill(alone.db, 'inserted', INSERTED);
  return performance.now() - begun;
}
