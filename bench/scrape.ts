/**
 * Benchmarks a scrape over 1.2 million entries: the response time of /metrics while the metrics from the
 * database are due every tenth of a second, and the duration of that query. Run `npm run build` first.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../src/database/database.ts';
import { migrate } from '../src/database/migrations.ts';
import { seedDemoFamily } from '../src/families/demo.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { startBenchDatabase } from './embedded.ts';
import { fillMillion } from './million.ts';
import { startBenchServer } from './server.ts';
import { median } from './setting.ts';

const SCRAPES = 500;
/** The query pauses for fifty times its duration (src/readings.ts). */
const REST = 50;

const kept = process.env.BENCH_DATA_DIR;
const dataDir = kept ?? (await mkdtemp(join(tmpdir(), 'family-hub-bench-')));
const embedded = await startBenchDatabase(dataDir);
await migrate({ url: embedded.url, logger: silentLogger });
const db = await openDatabase({ url: embedded.url, poolSize: 2, workTimeoutMs: 600_000, logger: silentLogger });
try {
  await seedDemoFamily(db);
  await fillMillion(db);
  const server = await startBenchServer({ DATA_DIR: dataDir, HISTORY_RETENTION: 'never' }, { metricsIntervalMs: 100 });
  try {
    const scrapes: number[] = [];
    const readings = new Map<number, number>();
    let [bytes, lines] = [0, 0];
    for (let n = 0; n <= SCRAPES; n++) {
      const begun = performance.now();
      const text = await (await fetch(`${server.url}/metrics`)).text();
      const ms = performance.now() - begun;
      // The first scrape waits for the first query, since there are no values before it.
      if (n === 0) console.log(`the first scrape: ${ms.toFixed(0)} ms`);
      else scrapes.push(ms);
      [bytes, lines] = [text.length, text.split('\n').filter((line) => !line.startsWith('#')).length];
      const [row] = await db.query<{ at: number; rest: number }>(
        `SELECT extract(epoch FROM taken_at)::float8 AS at, 1000 * extract(epoch FROM next_at - taken_at)::float8 AS rest FROM auth.readings`,
      );
      if (row !== undefined) readings.set(row.at, row.rest / REST);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    scrapes.sort((a, b) => a - b);
    const at = (share: number): string => (scrapes[Math.floor(share * (scrapes.length - 1))] ?? 0).toFixed(1);
    console.log(
      `${SCRAPES} scrapes: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms; ${lines} series, ${bytes} bytes`,
    );
    const took = [...readings.values()];
    console.log(
      `${took.length} readings of the database: median ${median(took).toFixed(0)} ms, slowest ${Math.max(...took).toFixed(0)} ms`,
    );
  } finally {
    await server.stop();
  }
} finally {
  await db.close();
  await embedded.leave();
  if (kept === undefined) await rm(dataDir, { recursive: true, force: true });
}
