/**
 * Compares this server with pg-boss, graphile-worker and BullMQ: the same work at the same concurrency on one
 * PostgreSQL, in alternating rounds. Prints a table in Markdown. Arguments: jobs to drain, rounds, jobs to enqueue one
 * by one, jobs for the pickup, and `lean` (see account.ts).
 */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuOf, cpuOfPostgres, residentMegabytes } from '../cpu.ts';
import { median, openSetting } from '../setting.ts';
import { TABLES } from './account.ts';
import type { Contestant } from './contestant.ts';
import { startPeer } from './peer.ts';
import { startRedis } from './redis.ts';
import { startThisServer } from './this-server.ts';

const [JOBS, ROUNDS, SINGLE, PICKUPS] = [10_000, 3, 2_000, 200].map((usual, index) =>
  Number(process.argv[index + 2] ?? usual),
) as [number, number, number, number];
const IS_LEAN = process.argv[6] === 'lean';

interface Round {
  /** Jobs per second. */
  readonly drained: number;
  readonly single: number;
  readonly bulk: number;
  /** Microseconds of CPU per job of the drain. */
  readonly worker: number;
  readonly postgres: number;
  readonly redis: number;
}

if (!existsSync(new URL('../../dist/main.js', import.meta.url))) throw new Error('Build the server: npm run build');
const setting = await openSetting();
const { db, url, pgData, provider, providerUrl } = setting;
const redis = await startRedis();
const contestants: Contestant[] = [];
try {
  await start();
  const rounds = new Map(contestants.map(({ name }) => [name, [] as Round[]]));
  // The first round is a warm-up.
  for (let number = 0; number <= ROUNDS; number++) {
    for (const contestant of contestants) {
      const round = await measure(contestant);
      if (number > 0) rounds.get(contestant.name)?.push(round);
      console.error(`round ${number}, ${contestant.name}: ${JSON.stringify(round, rounded)}`);
    }
  }
  console.log(`
| | jobs/s (spread) | CPU per job: worker + PostgreSQL | enqueued one by one, 16 callers | by 1,000, one caller | pickup p50, p99 | memory |
|---|---|---|---|---|---|---|`);
  for (const contestant of contestants)
    console.log(line(contestant, rounds.get(contestant.name) ?? [], await pickups(contestant)));
  if (redis === undefined) console.log('| BullMQ | NOT CHECKED: redis-server is not installed | | | | | |');
} finally {
  for (const contestant of contestants) await contestant.close();
  await redis?.stop();
  await setting.close();
}

async function start(): Promise<void> {
  contestants.push(await startThisServer(setting));
  await db.query('CREATE SCHEMA peers');
  for (const table of TABLES[IS_LEAN ? 'lean' : 'same']) await db.query(table);
  const clearAccounts = () => db.query('TRUNCATE peers.users, peers.outbox_events');
  const [family] = await db.query<{ id: string }>('SELECT id FROM auth.families LIMIT 1');
  const peer = { url, providerUrl, familyId: family?.id ?? '', redisPort: redis?.port, clearAccounts };
  for (const name of ['pg-boss', 'pg-boss, batches', 'graphile-worker']) contestants.push(await startPeer(name, peer));
  if (redis !== undefined) contestants.push(await startPeer('BullMQ', peer));
}

async function measure(contestant: Contestant): Promise<Round> {
  await contestant.clear();
  const single = SINGLE / (await contestant.enqueueSingly(SINGLE));
  await contestant.clear();
  const bulk = JOBS / (await contestant.enqueueBulk(JOBS));
  await db.query('VACUUM ANALYZE');
  await db.query('CHECKPOINT');
  const cpu = (): number[] => [
    cpuOf(contestant.pid),
    cpuOfPostgres(pgData),
    redis === undefined ? 0 : cpuOf(redis.pid),
  ];
  const before = cpu();
  const { arrived } = await provider.expect(JOBS);
  const begun = performance.now();
  await contestant.startWork();
  await arrived;
  while ((await contestant.unfinished()) > 0) await delay(2);
  const seconds = (performance.now() - begun) / 1_000;
  const [worker = 0, postgres = 0, ofRedis = 0] = cpu().map(
    (after, index) => ((after - (before[index] ?? 0)) * 1e6) / JOBS,
  );
  await contestant.stopWork();
  return { drained: JOBS / seconds, single, bulk, worker, postgres, redis: ofRedis };
}

/** From the call that enqueues a job on an idle system to its request at the provider, sorted, in milliseconds. */
async function pickups(contestant: Contestant): Promise<number[]> {
  await contestant.clear();
  await contestant.startWork();
  const times: number[] = [];
  for (let number = 0; number < PICKUPS; number++) {
    const { arrived } = await provider.expect(1);
    const calledAt = await contestant.enqueueOne();
    times.push((await arrived) - calledAt);
    // Until the system is idle again, for a random time, so that no timer is in step with it.
    await delay(20 + Math.random() * 20);
  }
  await contestant.stopWork();
  return times.sort((a, b) => a - b);
}

function line({ name, pid }: Contestant, rounds: readonly Round[], times: readonly number[]): string {
  const middle = (key: keyof Round): string => whole(median(rounds.map((round) => round[key])));
  const rates = rounds.map(({ drained }) => drained);
  const at = (share: number): string => `${(times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(1)} ms`;
  const cells = [
    name,
    `${middle('drained')} (${whole(Math.min(...rates))} to ${whole(Math.max(...rates))})`,
    `${middle('worker')} + ${middle('postgres')} µs${name === 'BullMQ' ? `, Redis ${middle('redis')} µs` : ''}`,
    `${middle('single')}/s`,
    `${middle('bulk')}/s`,
    `${at(0.5)}, ${at(0.99)}`,
    `${residentMegabytes(pid, 'most').toFixed(0)} MB`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value) : value;
}
