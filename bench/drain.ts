/**
 * The drain: 10,000 due entries against a provider that answers in 5 ms, by our worker and by
 * the hand-written loop, interleaved in one run. Prints both and the ratio.
 */
import { createQueueMetrics } from '../src/accounts/queue.metrics.ts';
import { createWorker } from '../src/accounts/worker.ts';
import { openNotices } from '../src/events/notices.ts';
import { ensureCircuit } from '../src/identity/circuit.ts';
import { createZitadelProvider } from '../src/identity/zitadel.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { createMetrics } from '../src/telemetry/metrics.ts';
import { drainByHand } from './hand-written.ts';
import { fill, median, openSetting, type Setting } from './setting.ts';

const ENTRIES = Number(process.argv[2] ?? 10_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const CONCURRENCY = Number(process.argv[4] ?? 32);

async function drainByWorker(setting: Setting): Promise<number> {
  const { db, url, keyRing, nodeId, providerUrl } = setting;
  const logger = silentLogger;
  const provider = createZitadelProvider({
    name: 'bench',
    url: providerUrl,
    organizationId: 'o',
    emailDomain: 'noemail.example',
    getToken: () => 'token',
    concurrency: CONCURRENCY,
    logger,
  });
  await ensureCircuit(db, provider.name);
  const notices = await openNotices({ db, directUrl: url, logger });
  const worker = createWorker({
    db,
    provider,
    keyRing,
    notices,
    logger,
    nodeId,
    metrics: createQueueMetrics(createMetrics(), db, logger),
    timeoutMs: 10_000,
    leaseMs: 30_000,
    concurrency: CONCURRENCY,
    circuit: { failureThreshold: 5, probeIntervalMs: 10_000 },
  });
  worker.wake();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (worker.attemptsInHand() > 0) continue;
    const [left] = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE status IN ('pending', 'processing')`,
    );
    if (left?.count === 0) break;
  }
  await worker.stop(1_000);
  await notices.close();
  await provider.close();
  const [done] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE status = 'completed'`,
  );
  return done?.count ?? 0;
}

async function timed(setting: Setting, drain: () => Promise<number>): Promise<{ rate: number; cpuMicros: number }> {
  await fill(setting, ENTRIES);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const count = await drain();
  const seconds = (performance.now() - begun) / 1_000;
  const used = process.cpuUsage(cpu);
  if (count !== ENTRIES) throw new Error(`Only ${count} of ${ENTRIES} entries were completed`);
  return { rate: ENTRIES / seconds, cpuMicros: (used.user + used.system) / ENTRIES };
}

const setting = await openSetting();
try {
  const rounds: { worker: number; hand: number; cpuMicros: number }[] = [];
  // The first round warms up and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    const worker = await timed(setting, () => drainByWorker(setting));
    const hand = await timed(setting, () => drainByHand(setting.url, setting.providerUrl, CONCURRENCY));
    if (round > 0) rounds.push({ worker: worker.rate, hand: hand.rate, cpuMicros: worker.cpuMicros });
    console.log(
      `round ${round}: worker ${worker.rate.toFixed(0)}/s (${worker.cpuMicros.toFixed(0)} µs CPU an entry), hand-written ${hand.rate.toFixed(0)}/s, ratio ${(worker.rate / hand.rate).toFixed(2)}`,
    );
  }
  const ratios = rounds.map(({ worker, hand }) => worker / hand);
  console.log(
    `median of ${ROUNDS}, ${ENTRIES} entries, concurrency ${CONCURRENCY}: worker ${median(rounds.map((r) => r.worker)).toFixed(0)}/s, hand-written ${median(rounds.map((r) => r.hand)).toFixed(0)}/s, ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}), ${median(rounds.map((r) => r.cpuMicros)).toFixed(0)} µs CPU an entry`,
  );
} finally {
  await setting.close();
}
