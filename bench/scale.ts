/**
 * Benchmarks one, two and three nodes (a process each) on one queue, against a provider that responds in 50
 * ms, concurrency 32 per node: how the rate grows until the cores are full.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fill, median, openSetting } from './setting.ts';

const ENTRIES_PER_NODE = Number(process.argv[2] ?? 6_000);
const ROUNDS = Number(process.argv[3] ?? 5);

const setting = await openSetting({ latencyMs: 50 });
const rates = new Map<number, number[]>([1, 2, 3].map((nodes) => [nodes, []]));
try {
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [nodes, measured] of rates) {
      const rate = await drainBy(nodes);
      console.log(`round ${round}: ${nodes} nodes ${rate.toFixed(0)}/s`);
      if (round > 0) measured.push(rate);
    }
  }
  const one = median(rates.get(1) ?? []);
  for (const [nodes, measured] of rates)
    console.log(
      `median of ${ROUNDS}: ${nodes} nodes ${median(measured).toFixed(0)}/s (${Math.min(...measured).toFixed(0)} to ${Math.max(...measured).toFixed(0)}), ${((median(measured) / one / nodes) * 100).toFixed(0)} % of ${nodes} times one`,
    );
} finally {
  await setting.close();
}

async function drainBy(nodes: number): Promise<number> {
  const { db, url, providerUrl, masterKey } = setting;
  await fill(setting, 0);
  const workers = await Promise.all(
    Array.from({ length: nodes }, async (): Promise<ChildProcess> => {
      const worker = fork(new URL('./node.ts', import.meta.url), {
        execArgv: ['--import', 'tsx'],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      worker.send({ url, providerUrl, masterKey });
      await once(worker, 'message');
      return worker;
    }),
  );
  const count = ENTRIES_PER_NODE * nodes;
  // Not due until all nodes are ready; then all become due at once.
  await fill(setting, count, { isHeld: true });
  const begun = performance.now();
  await db.query(`UPDATE auth.queued_managed_account_creations SET next_retry_at = now() WHERE status = 'pending'`);
  for (const worker of workers) worker.send('wake');
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [left] = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE status IN ('pending', 'processing')`,
    );
    if (left?.count === 0) break;
  }
  const seconds = (performance.now() - begun) / 1_000;
  for (const worker of workers) {
    worker.disconnect();
    await once(worker, 'exit');
  }
  return count / seconds;
}
