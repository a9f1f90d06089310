/** BullMQ. Its jobs are in Redis; the users and events are in PostgreSQL. */
import { Queue as BullQueue, Worker } from 'bullmq';
import { type Account, type Accounts, newAccount } from './account.ts';
import { CONCURRENCY } from './contestant.ts';
import type { Queue } from './queue.ts';

const NAME = 'create';

export async function openBullMq(redisPort: number, familyId: string, accounts: Accounts): Promise<Queue> {
  const connection = { host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null };
  const queue = new BullQueue<Account>(NAME, { connection });
  await queue.waitUntilReady();
  let worker: Worker<Account> | undefined;
  return {
    clear: () => queue.obliterate({ force: true }),
    async enqueueOne() {
      await queue.add(NAME, newAccount(familyId));
    },
    async enqueueBulk(count) {
      await queue.addBulk(Array.from({ length: count }, () => ({ name: NAME, data: newAccount(familyId) })));
    },
    async startWork() {
      worker = new Worker<Account>(NAME, (job) => accounts.create([job.data]), {
        connection,
        concurrency: CONCURRENCY,
        removeOnComplete: { count: 1_000 },
      });
      worker.on('error', (error) => console.error('BullMQ:', error));
      await worker.waitUntilReady();
    },
    async stopWork() {
      await worker?.close();
    },
    unfinished: async () => {
      const { wait = 0, active = 0, failed = 0, delayed = 0 } = await queue.getJobCounts();
      return wait + active + failed + delayed;
    },
    close: () => queue.close(),
  };
}
