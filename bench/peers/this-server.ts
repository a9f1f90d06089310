/**
 * This server as a contestant: the compiled server as it runs in production, with access control, the audit trail,
 * encryption, attempts, alerts and metrics. It is used through its API. While the queue is paused, nothing works.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { startBenchServer } from '../server.ts';
import { clearEntries, type Setting } from '../setting.ts';
import { BULK, CALLERS, CONCURRENCY, type Contestant } from './contestant.ts';

export async function startThisServer({ db, url, masterKey, providerUrl }: Setting): Promise<Contestant> {
  const server = await startBenchServer({
    DATABASE_URL: url,
    MASTER_KEY: masterKey,
    ZITADEL_URL: providerUrl,
    ZITADEL_TOKEN: 'token',
    PROVIDER_CONCURRENCY: String(CONCURRENCY),
    ADMIN_TOKEN: randomBytes(24).toString('base64'),
    RATE_LIMIT: '100000',
  });
  const [owner] = await db.query<{ id: string; familyId: string }>(
    `SELECT id, family_id AS "familyId" FROM auth.users WHERE role = 'owner' LIMIT 1`,
  );
  const stopWork = () => change('pauseQueue(input: {reason: "benchmark: only queue"})');
  async function change(mutation: string): Promise<void> {
    const answer = JSON.stringify(
      await server.graphql(`mutation { ${mutation} { __typename ... on MutationError { message } } }`),
    );
    if (answer.includes('"message"')) throw new Error(answer);
  }
  await stopWork();
  return {
    name: 'this server',
    pid: server.pid,
    clear: () => clearEntries(db),
    enqueueBulk: async (count) => count / ((await server.load('bulk', 1, count / BULK)).rate * BULK),
    enqueueSingly: async (count) => count / (await server.load('enqueue', CALLERS, count)).rate,
    // Not by the circuit, after which attempts begin slowly.
    startWork: () => change('resumeQueue(input: {reason: "benchmark: work"})'),
    stopWork,
    async unfinished() {
      const [row] = await db.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE status <> 'completed'`,
      );
      return row?.count ?? Number.NaN;
    },
    async enqueueOne() {
      const account = `familyId: "${owner?.familyId}", createdByUserId: "${owner?.id}", username: "o${randomUUID().slice(0, 8)}", fullName: "Some Body", password: "correct horse battery"`;
      const at = performance.timeOrigin + performance.now();
      await change(`enqueueAccount(input: {${account}})`);
      return at;
    },
    close: server.stop,
  };
}
