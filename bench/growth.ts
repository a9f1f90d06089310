/**
 * Benchmarks what growth costs: the drain on two databases, alternating in one run. `past`: one with 1,000,000
 * finished and 200,000 future entries, and an empty one. `month`: one through which 5,000,000 entries have passed with
 * retention on, and one with as many rows that are new; also the size of tables and indexes against a fresh copy.
 */
import { fillMillion } from './million.ts';
import { passThrough } from './month.ts';
import { median, openSetting, type Setting } from './setting.ts';
import { measureSizes } from './sizes.ts';
import { drainByWorker, timed } from './timed-drain.ts';

const KIND = process.argv[2] ?? 'past';
const ENTRIES = Number(process.argv[3] ?? 10_000);
const ROUNDS = Number(process.argv[4] ?? 5);
const PASSED = Number(process.argv[5] ?? 5_000_000);
const STAGES = 5;
/** How long finished entries are kept while a month passes in minutes. */
const KEEP_MS = Number(process.env.T_KEEP ?? 120_000);
const DAY_MS = 86_400_000;
const CONCURRENCY = 32;

// A month passes a thousand times as fast as in reality, so autovacuum looks and works as often as it can.
const postgres = { autovacuum_naptime: '1s', autovacuum_vacuum_cost_delay: '0' };
const grown = await openSetting({ name: `${KIND}-grown`, postgres });
const small = await openSetting({ name: `${KIND}-small`, postgres });
try {
  if (KIND === 'past') await fillMillion(grown.db);
  else await age(grown, small);
  if (ROUNDS > 0) await compare(grown, small);
} finally {
  await grown.close();
  await small.close();
}

/** Ages `grown`, unless it was kept from an earlier run, and gives `small` as many entries. */
async function age(grown: Setting, small: Setting): Promise<void> {
  const stages = (await entriesIn(grown)) === 0 ? STAGES : 0;
  for (let stage = 1; stage <= stages; stage++) {
    const begun = performance.now();
    await passThrough(grown, PASSED / STAGES, KEEP_MS);
    const rate = PASSED / STAGES / ((performance.now() - begun) / 1_000);
    console.log(
      `${(PASSED / STAGES) * stage} entries have passed, the last ${PASSED / STAGES} at ${rate.toFixed(0)}/s:`,
    );
    for (const line of await measureSizes(grown.db)) console.log(`  ${line}`);
  }
  if ((await entriesIn(small)) === 0) await passThrough(small, await entriesIn(grown), DAY_MS);
}

async function entriesIn({ db }: Setting): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM auth.queued_managed_account_creations',
  );
  return row?.count ?? Number.NaN;
}

async function compare(grown: Setting, small: Setting): Promise<void> {
  const ratios: number[] = [];
  const rates = { grown: [] as number[], small: [] as number[] };
  // The first round warms up and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    const large = await timed(grown, ENTRIES, () => drainByWorker(grown, CONCURRENCY));
    const other = await timed(small, ENTRIES, () => drainByWorker(small, CONCURRENCY));
    console.log(
      `round ${round}: ${large.rate.toFixed(0)}/s (${large.ours.toFixed(0)} + ${large.postgres.toFixed(0)} µs) against ${other.rate.toFixed(0)}/s (${other.ours.toFixed(0)} + ${other.postgres.toFixed(0)} µs)`,
    );
    if (round === 0) continue;
    rates.grown.push(large.rate);
    rates.small.push(other.rate);
    ratios.push(large.rate / other.rate);
  }
  console.log(
    `median of ${ROUNDS}: ${median(rates.grown).toFixed(0)}/s against ${median(rates.small).toFixed(0)}/s, ratio ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
  );
}
