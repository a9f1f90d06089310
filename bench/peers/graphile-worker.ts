/** Graphile Worker with its local queue and batched completions. */
import { Logger, makeWorkerUtils, type Runner, run } from 'graphile-worker';
import { type Account, type Accounts, newAccount } from './account.ts';
import { CONCURRENCY } from './contestant.ts';
import type { Queue } from './queue.ts';

const TASK = 'create';
const logger = new Logger(() => (level, message) => {
  if (level === 'error') console.error('graphile-worker:', message);
});

export async function openGraphileWorker(url: string, familyId: string, accounts: Accounts): Promise<Queue> {
  const utils = await makeWorkerUtils({ connectionString: url, maxPoolSize: 12, logger });
  await utils.migrate();
  let runner: Runner | undefined;
  return {
    clear: () =>
      utils.withPgClient(async (client) => void (await client.query('TRUNCATE graphile_worker._private_jobs'))),
    async enqueueOne() {
      await utils.addJob(TASK, newAccount(familyId));
    },
    async enqueueBulk(count) {
      await utils.addJobs(Array.from({ length: count }, () => ({ identifier: TASK, payload: newAccount(familyId) })));
    },
    async startWork() {
      runner = await run({
        preset: {
          worker: {
            connectionString: url,
            concurrentJobs: CONCURRENCY,
            maxPoolSize: 12,
            localQueue: { size: 500 },
            completeJobBatchDelay: 0,
            failJobBatchDelay: 0,
            logger,
          },
        },
        noHandleSignals: true,
        taskList: { [TASK]: (payload) => accounts.create([payload as Account]) },
      });
    },
    async stopWork() {
      await runner?.stop();
    },
    unfinished: 'SELECT count(*)::int AS count FROM graphile_worker._private_jobs',
    close: async () => utils.release(),
  };
}
