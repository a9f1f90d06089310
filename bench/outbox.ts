/**
 * Benchmarks the outbox: writing an event, publishing one, and how much a running publisher slows the
 * drain, with and without it, alternating in one run. On a busy machine, CPU times are more meaningful than
 * rates.
 */
import { randomUUID } from 'node:crypto';
import { createPublisher } from '../src/events/outbox/publisher.ts';
import { notifyTarget } from '../src/events/outbox/target.ts';
import { recordEvents } from '../src/work/unit.ts';
import { testContext } from '../test/support/context.ts';
import { cpuOfPostgres } from './cpu.ts';
import { median, openSetting } from './setting.ts';
import { drainByWorker, type Timed, timed } from './timed-drain.ts';

const ENTRIES = Number(process.argv[2] ?? 10_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const EVENTS = 20_000;
const BATCH = 100;
const CONCURRENCY = 32;

const setting = await openSetting();
const { db, pgData } = setting;
const startPublisher = () => createPublisher(testContext({ db }), [notifyTarget]);

/** Runs `work` and returns a text with events per second and microseconds of CPU per event, ours and PostgreSQL’s. */
async function costOf(work: () => Promise<void>): Promise<string> {
  const [ours, postgres, begun] = [process.cpuUsage(), cpuOfPostgres(pgData), performance.now()];
  await work();
  const seconds = (performance.now() - begun) / 1_000;
  const used = process.cpuUsage(ours);
  const each = (microseconds: number) => `${(microseconds / EVENTS).toFixed(0)} µs`;
  return `${(EVENTS / seconds).toFixed(0)}/s (CPU an event: ${each(used.user + used.system)} ours, ${each((cpuOfPostgres(pgData) - postgres) * 1_000_000)} PostgreSQL's)`;
}

async function writeAll(): Promise<void> {
  for (let written = 0; written < EVENTS; written += BATCH) {
    const events = Array.from({ length: BATCH }, () => {
      const [entryId, familyId] = [randomUUID(), randomUUID()];
      const username = `user_${entryId.slice(0, 8)}`;
      const payload = { entryId, familyId, username, role: 'managed_account', dueAt: '2027-01-01T00:00:00Z' } as const;
      return {
        eventType: 'ManagedAccountCreationQueued',
        aggregateType: 'ManagedAccountCreation',
        aggregateId: entryId,
        familyId,
        payload,
      } as const;
    });
    await recordEvents(db, events);
  }
}

async function publishAll(): Promise<void> {
  const publisher = startPublisher();
  publisher.wake();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const left = await db.query('SELECT FROM auth.outbox_events WHERE processed_at IS NULL LIMIT 1');
    if (left.length === 0) break;
  }
  await publisher.stop(1_000);
}

async function drainWithPublisher(): Promise<Timed> {
  const publisher = startPublisher();
  const waking = setInterval(publisher.wake, 3);
  try {
    return await timed(setting, ENTRIES, () => drainByWorker(setting, CONCURRENCY));
  } finally {
    clearInterval(waking);
    await publisher.stop(5_000);
  }
}

try {
  await db.query('TRUNCATE auth.outbox_events');
  console.log(`written ${await costOf(writeAll)}`);
  console.log(`published ${await costOf(publishAll)}`);
  const withIt: Timed[] = [];
  const without: Timed[] = [];
  // The first round warms up and is not counted.
  for (let index = 0; index <= ROUNDS; index++) {
    const alone = () => timed(setting, ENTRIES, () => drainByWorker(setting, CONCURRENCY));
    const [one, other] = index % 2 === 0 ? [await drainWithPublisher(), await alone()] : await reversed(alone);
    if (index > 0) {
      withIt.push(one);
      without.push(other);
    }
    console.log(
      `round ${index}: with the publisher ${told(one)}, without ${told(other)}, ratio ${(one.rate / other.rate).toFixed(3)}`,
    );
  }
  const ratios = withIt.map(({ rate }, index) => rate / (without[index]?.rate ?? Number.NaN));
  const cpu = (rounds: readonly Timed[]) => median(rounds.map(({ ours, postgres }) => ours + postgres));
  console.log(
    `median ratio ${median(ratios).toFixed(3)}; CPU an entry ${cpu(withIt).toFixed(0)} against ${cpu(without).toFixed(0)} µs`,
  );
} finally {
  await setting.close();
}

async function reversed(alone: () => Promise<Timed>): Promise<[Timed, Timed]> {
  const other = await alone();
  return [await drainWithPublisher(), other];
}

function told({ rate, ours, postgres }: Timed): string {
  return `${rate.toFixed(0)}/s (${ours.toFixed(0)} µs ours, ${postgres.toFixed(0)} µs PostgreSQL's)`;
}
