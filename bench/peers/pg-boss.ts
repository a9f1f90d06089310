/**
 * pg-boss, woken by NOTIFY, and fetching again at once while batches are full. Its jobs come in batches: `each` inserts
 * every account by itself and reports every result, `batch` inserts a batch in one statement, so that one account
 * that is refused fails all of them.
 */
import { type JobResult, PgBoss } from 'pg-boss';
import { type Account, type Accounts, newAccount } from './account.ts';
import type { Queue } from './queue.ts';

const NAME = 'create';
const OPTIONS = { batchSize: 100, localConcurrency: 2, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true } as const;

export async function openPgBoss(
  url: string,
  familyId: string,
  accounts: Accounts,
  inserts: 'each' | 'batch',
): Promise<Queue> {
  // In a schema of its own: each way has its own tables.
  const schema = `pgboss_${inserts}`;
  const boss = new PgBoss({ connectionString: url, schema, max: 12, useListenNotify: true });
  boss.on('error', (error) => console.error('pg-boss:', error));
  await boss.start();
  await boss.createQueue(NAME, { notify: true });

  async function createOne({ id, data }: { id: string; data: Account }): Promise<JobResult> {
    try {
      await accounts.create([data]);
      return { id, status: 'completed' };
    } catch (error) {
      return { id, status: 'failed', output: { message: String(error) } };
    }
  }

  return {
    clear: async () => void (await boss.deleteAllJobs()),
    enqueueOne: async () => void (await boss.send(NAME, newAccount(familyId))),
    async enqueueBulk(count) {
      await boss.insert(
        NAME,
        Array.from({ length: count }, () => ({ data: newAccount(familyId) })),
      );
    },
    async startWork() {
      if (inserts === 'batch')
        await boss.work<Account>(NAME, OPTIONS, (jobs) => accounts.create(jobs.map(({ data }) => data)));
      else
        await boss.work<Account>(NAME, { ...OPTIONS, perJobResults: true }, (jobs) => Promise.all(jobs.map(createOne)));
    },
    stopWork: () => boss.offWork(NAME),
    unfinished: `SELECT count(*)::int AS count FROM ${schema}.job WHERE name = '${NAME}' AND state <> 'completed'`,
    close: () => boss.stop({ graceful: false }),
  };
}
