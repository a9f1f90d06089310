/**
 * Benchmarks the drain: 10,000 due entries against a provider that responds in 5 ms, by our worker and by a
 * hand-written loop, alternating in one run. Prints both and the ratio.
 */
import { drainByHand } from './hand-written.ts';
import { median, openSetting } from './setting.ts';
import { drainByWorker, type Timed, timed } from './timed-drain.ts';

const ENTRIES = Number(process.argv[2] ?? 10_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const CONCURRENCY = Number(process.argv[4] ?? 32);

const setting = await openSetting();
try {
  const workers: Timed[] = [];
  const hands: Timed[] = [];
  // The first round warms up and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    const worker = await timed(setting, ENTRIES, () => drainByWorker(setting, CONCURRENCY));
    const hand = await timed(setting, ENTRIES, () => drainByHand(setting.url, setting.providerUrl, CONCURRENCY));
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
