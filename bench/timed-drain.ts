/** Drains many due entries with our worker, and measures any drain: its rate and the CPU time per entry. */
import { cpuOfPostgres } from './cpu.ts';
import { fill, type Setting } from './setting.ts';
import { startWorker } from './worker.ts';

/** Drains all due entries; returns how many of the filled ones are completed. */
export async function drainByWorker(setting: Setting, concurrency: number): Promise<number> {
  const { db } = setting;
  const worker = await startWorker(setting, concurrency);
  worker.wake();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (worker.attemptsInHand() > 0) continue;
    const [left] = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE status IN ('pending', 'processing') AND next_retry_at <= now()`,
    );
    if (left?.count === 0) break;
  }
  await worker.stop();
  const [done] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE username LIKE 'user\\_%' AND status = 'completed'`,
  );
  return done?.count ?? 0;
}

export interface Timed {
  readonly rate: number;
  /** CPU time per entry in microseconds, of this process and of PostgreSQL. */
  readonly ours: number;
  readonly postgres: number;
}

/** Fills the queue with `entries` and measures `drain`. Throws if not all are completed. */
export async function timed(setting: Setting, entries: number, drain: () => Promise<number>): Promise<Timed> {
  await fill(setting, entries);
  const cpu = process.cpuUsage();
  const postgres = cpuOfPostgres(setting.pgData);
  const begun = performance.now();
  const count = await drain();
  const seconds = (performance.now() - begun) / 1_000;
  const used = process.cpuUsage(cpu);
  if (count !== entries) throw new Error(`Only ${count} of ${entries} entries were completed`);
  return {
    rate: entries / seconds,
    ours: (used.user + used.system) / entries,
    postgres: ((cpuOfPostgres(setting.pgData) - postgres) * 1_000_000) / entries,
  };
}
