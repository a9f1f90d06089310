/**
 * What a paused family costs: claims beside 0 and beside so many due entries of a paused family,
 * interleaved in one run; how long it takes to pause and to resume that family; and what the trigger
 * that marks entries costs an insert.
 */
import { claimDue } from '../src/accounts/claim.ts';
import { keepHolds } from '../src/accounts/control/holds.ts';
import { pauseQueue, resumeQueue } from '../src/accounts/control/queue-control.ts';
import { ensureCircuit } from '../src/identity/circuit.ts';
import { testContext } from '../test/support/context.ts';
import { median, openSetting } from './setting.ts';

const PAUSED = Number(process.argv[2] ?? 100_000);
const CLAIMS = Number(process.argv[3] ?? 200);
const ROUNDS = Number(process.argv[4] ?? 5);
const INSERTED = 20_000;
/** As many as a worker with a concurrency of 32 claims ahead. */
const LIMIT = 64;

const setting = await openSetting();
const { db, keyRing, nodeId } = setting;
const context = testContext({ db, keyRing });
const claim = { provider: 'bench', nodeId, leaseMs: 30_000 };
try {
  await ensureCircuit(db, claim.provider);
  const families = await db.query<{ id: string }>(
    `INSERT INTO auth.families (name) VALUES ('Paused'), ('Other') RETURNING id`,
  );
  const [paused = '', other = ''] = families.map(({ id }) => id);
  const measured = { without: [] as number[], beside: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const count of round % 2 === 0 ? [0, PAUSED] : [PAUSED, 0]) {
      await db.query('TRUNCATE auth.queued_managed_account_creations CASCADE');
      await fill(paused, count);
      await fill(other, CLAIMS * LIMIT);
      if (count > 0) {
        const begun = performance.now();
        await pauseQueue(context, { familyId: paused, reason: 'a benchmark' });
        const answered = performance.now() - begun;
        await keepAll();
        console.log(`round ${round}: paused after ${ms(answered)}, all marked after ${ms(performance.now() - begun)}`);
      }
      await db.query('VACUUM ANALYZE auth.queued_managed_account_creations');
      const each = await claimAll();
      if (round > 0) measured[count === 0 ? 'without' : 'beside'].push(each);
      console.log(`round ${round}: a claim of ${LIMIT} beside ${count} paused: ${ms(each)}`);
      if (count === 0) continue;
      const begun = performance.now();
      await resumeQueue(context, { familyId: paused });
      const first = await keepHolds(db);
      const firstMs = performance.now() - begun;
      await keepAll();
      console.log(
        `round ${round}: resumed; the first ${first.releasedCount} can be claimed after ${ms(firstMs)}, all after ${ms(performance.now() - begun)}`,
      );
    }
  }
  const { without, beside } = measured;
  const ratios = beside.map((each, index) => each / (without[index] ?? Number.NaN));
  console.log(
    `median of ${ROUNDS}: a claim of ${LIMIT} takes ${ms(median(without))}, beside ${PAUSED} paused entries ${ms(median(beside))}, ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
  );
  const inserts: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [marking, plain] = [await inserting(other, 'ENABLE'), await inserting(other, 'DISABLE')];
    if (round > 0) inserts.push(marking / plain);
  }
  console.log(
    `median of ${ROUNDS}: inserting ${INSERTED} entries with the trigger takes ${median(inserts).toFixed(2)} times as long as without (${Math.min(...inserts).toFixed(2)} to ${Math.max(...inserts).toFixed(2)})`,
  );
} finally {
  await setting.close();
}

async function inserting(familyId: string, trigger: 'ENABLE' | 'DISABLE'): Promise<number> {
  await db.query('TRUNCATE auth.queued_managed_account_creations CASCADE');
  await db.query(`ALTER TABLE auth.queued_managed_account_creations ${trigger} TRIGGER hold_paused`);
  const begun = performance.now();
  await fill(familyId, INSERTED);
  return performance.now() - begun;
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

/** Due entries; those of the paused family have been due for longer. */
async function fill(familyId: string, count: number): Promise<void> {
  await db.query(
    `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, next_retry_at)
     SELECT $1, left($1::uuid::text, 4) || n, 'Some Body', now() - CASE WHEN $3 THEN interval '2 hours' ELSE interval '1 hour' END
     FROM generate_series(1, $2) AS n`,
    [familyId, count, count === PAUSED],
  );
}

async function keepAll(): Promise<void> {
  for (;;) {
    const { heldCount, releasedCount } = await keepHolds(db);
    if (heldCount + releasedCount === 0) return;
  }
}

/** Milliseconds a claim. */
async function claimAll(): Promise<number> {
  const begun = performance.now();
  for (let count = 0; count < CLAIMS; count++) {
    const entries = await claimDue(db, claim, LIMIT);
    if (entries.length !== LIMIT) throw new Error(`A claim brought ${entries.length} entries instead of ${LIMIT}.`);
  }
  return (performance.now() - begun) / CLAIMS;
}
