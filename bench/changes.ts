/**
 * Benchmarks what the change feed costs the drain without subscribers: the same drain with the tables’
 * triggers and without them, alternating in one run. Prints the rates, their ratio and the CPU time.
 */
import { median, openSetting } from './setting.ts';
import { drainByWorker, type Timed, timed } from './timed-drain.ts';

const ENTRIES = Number(process.argv[2] ?? 10_000);
const ROUNDS = Number(process.argv[3] ?? 7);
const CONCURRENCY = 32;
const TRIGGERS = ['record_inserts', 'record_updates', 'record_deletes'];

const setting = await openSetting();
try {
  const round = async (action: 'ENABLE' | 'DISABLE'): Promise<Timed> => {
    for (const trigger of TRIGGERS)
      await setting.db.query(`ALTER TABLE auth.queued_managed_account_creations ${action} TRIGGER ${trigger}`);
    await setting.db.query('TRUNCATE auth.changes');
    return timed(setting, ENTRIES, () => drainByWorker(setting, CONCURRENCY));
  };
  const recorded: Timed[] = [];
  const bare: Timed[] = [];
  // The first round warms up and is not counted.
  for (let index = 0; index <= ROUNDS; index++) {
    const pair =
      index % 2 === 0
        ? [await round('ENABLE'), await round('DISABLE')]
        : [await round('DISABLE'), await round('ENABLE')].reverse();
    const [one, other] = pair as [Timed, Timed];
    if (index > 0) {
      recorded.push(one);
      bare.push(other);
    }
    console.log(
      `round ${index}: recorded ${one.rate.toFixed(0)}/s (PostgreSQL ${one.postgres.toFixed(0)} µs an entry), bare ${other.rate.toFixed(0)}/s (${other.postgres.toFixed(0)} µs), ratio ${(one.rate / other.rate).toFixed(3)}`,
    );
  }
  const ratio = median(recorded.map(({ rate }, index) => rate / (bare[index]?.rate ?? Number.NaN)));
  const cpu = (rounds: readonly Timed[]): number => median(rounds.map(({ postgres }) => postgres));
  console.log(
    `median ratio ${ratio.toFixed(3)}; PostgreSQL ${cpu(recorded).toFixed(0)} against ${cpu(bare).toFixed(0)} µs an entry`,
  );
} finally {
  await setting.close();
}
