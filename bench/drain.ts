/**
 * The drain: 10,000 due entries against a provider that answers in 5 ms, by our worker and by
 * the hand-written loop, interleaved in one run. Prints both and the ratio.
 */
import { cpuOfPostgres } from './cpu.ts';
import { drainByHand } from './hand-written.ts';
import { fillMillion } from './million.ts';
import { fill, median, openSetting, type Setting } from './setting.ts';
import { startWorker } from './worker.ts';

const ENTRIES = Number(process.argv[2] ?? 10_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const CONCURRENCY = Number(process.argv[4] ?? 32);
/** With 1,000,000 finished and 200,000 future entries beside those that are drained. */
const HAS_PAST = process.argv[5] === 'past';

async function drainByWorker(setting: Setting): Promise<number> {
  const { db } = setting;
  const worker = await startWorker(setting, CONCURRENCY);
  worker.wake();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (worker.attemptsInHand() > 0) continue;
    const [left] = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE status IN ('pending', 'processing') AND next_retry_at <= now()`,
    );
    if (left?.count === 0) break;
  }
  await worker.stop();
  const [done] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE username LIKE 'user\\_%' AND status = 'completed'`,
  );
  return done?.count ?? 0;
}

interface Timed {
  readonly rate: number;
  /** CPU time an entry, in microseconds: this process's, and PostgreSQL's. */
  readonly ours: number;
  readonly postgres: number;
}

async function timed(setting: Setting, drain: () => Promise<number>): Promise<Timed> {
  await fill(setting, ENTRIES);
  const cpu = process.cpuUsage();
  const postgres = cpuOfPostgres(setting.pgData);
  const begun = performance.now();
  const count = await drain();
  const seconds = (performance.now() - begun) / 1_000;
  const used = process.cpuUsage(cpu);
  if (count !== ENTRIES) throw new Error(`Only ${count} of ${ENTRIES} entries were completed`);
  return {
    rate: ENTRIES / seconds,
    ours: (used.user + used.system) / ENTRIES,
    postgres: ((cpuOfPostgres(setting.pgData) - postgres) * 1_000_000) / ENTRIES,
  };
}

const setting = await openSetting();
try {
  if (HAS_PAST) await fillMillion(setting.db);
  const workers: Timed[] = [];
  const hands: Timed[] = [];
  // The first round warms up and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    const worker = await timed(setting, () => drainByWorker(setting));
    const hand = await timed(setting, () => drainByHand(setting.url, setting.providerUrl, CONCURRENCY));
    if (round > 0) {
      workers.push(worker);
      hands.push(hand);
    }
    console.log(
      `round ${round}: worker ${told(worker)}, hand-written ${told(hand)}, ratio ${(worker.rate / hand.rate).toFixed(2)}`,
    );
  }
  const ratios = workers.map(({ rate }, index) => rate / (hands[index]?.rate ?? Number.NaN));
  const middle = (rounds: readonly Timed[]): Timed => ({
    rate: median(rounds.map(({ rate }) => rate)),
    ours: median(rounds.map(({ ours }) => ours)),
    postgres: median(rounds.map(({ postgres }) => postgres)),
  });
  console.log(
    `median of ${ROUNDS}, ${ENTRIES} entries, concurrency ${CONCURRENCY}: worker ${told(middle(workers))}, hand-written ${told(middle(hands))}, ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}); ${Math.round(process.memoryUsage().rss / 1_048_576)} MB resident`,
  );
} finally {
  await setting.close();
}

function told({ rate, ours, postgres }: Timed): string {
  return `${rate.toFixed(0)}/s (CPU an entry: ${ours.toFixed(0)} µs ours, ${postgres.toFixed(0)} µs PostgreSQL's)`;
}
