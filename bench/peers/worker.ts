/** A peer's process: opens its queue and does what its parent (peer.ts) asks for. */
import { once } from 'node:events';
import pg from 'pg';
import { openAccounts } from './account.ts';
import { openBullMq } from './bullmq.ts';
import { BULK, CALLERS } from './contestant.ts';
import { openGraphileWorker } from './graphile-worker.ts';
import { openPgBoss } from './pg-boss.ts';
import type { Queue } from './queue.ts';

// Not an argument, which every user of the machine could read: it contains a password.
const url = process.env.PEERS_DATABASE_URL ?? '';
const [name = '', providerUrl = '', familyId = '', redisPort] = process.argv.slice(2);
const accounts = openAccounts(url, providerUrl);

const open: Readonly<Record<string, () => Promise<Queue>>> = {
  'pg-boss': () => openPgBoss(url, familyId, accounts, 'each'),
  'pg-boss, batches': () => openPgBoss(url, familyId, accounts, 'batch'),
  'graphile-worker': () => openGraphileWorker(url, familyId, accounts),
  BullMQ: () => openBullMq(Number(redisPort), familyId, accounts),
};
const queue = await open[name]?.();
if (queue === undefined) throw new Error(`There is no peer ${name}`);
const database = new pg.Pool({ connectionString: url, max: 1 });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
}

const commands: Record<string, (count: number) => Promise<unknown>> = {
  clear: queue.clear,
  startWork: queue.startWork,
  stopWork: queue.stopWork,
  enqueueBulk: (count) =>
    timed(async () => {
      for (let left = count; left > 0; left -= BULK) await queue.enqueueBulk(Math.min(left, BULK));
    }),
  enqueueSingly: (count) =>
    timed(() => {
      let left = count;
      const caller = async (): Promise<void> => {
        while (left-- > 0) await queue.enqueueOne();
      };
      return Promise.all(Array.from({ length: CALLERS }, caller));
    }),
  async enqueueOne() {
    const at = performance.timeOrigin + performance.now();
    await queue.enqueueOne();
    return at;
  },
  async unfinished() {
    if (typeof queue.unfinished !== 'string') return queue.unfinished();
    return (await database.query<{ count: number }>(queue.unfinished)).rows[0]?.count;
  },
};

process.on('message', ({ command, count }: { command: string; count: number }) => {
  commands[command]?.(count).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.send?.('ready');
await once(process, 'disconnect');
await queue.close();
await accounts.close();
await database.end();
process.exit();
