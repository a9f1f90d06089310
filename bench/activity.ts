/**
 * Benchmarks charts over 1.2 million entries: `queueActivity` of an hour to 400 days, of all families and
 * of one, queried as the server does. No time range occurs twice, so that no query is shared.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadQueueActivity } from '../src/accounts/insight/queue-activity.graphql.ts';
import { DEFAULT_BUCKETS, spanOf } from '../src/accounts/insight/queue-activity.rules.ts';
import { openDatabase } from '../src/database/database.ts';
import { migrate } from '../src/database/migrations.ts';
import { seedDemoFamily } from '../src/families/demo.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { startBenchDatabase } from './embedded.ts';
import { fillMillion } from './million.ts';
import { median } from './setting.ts';

const ROUNDS = 10;
const HOUR_MS = 3_600_000;
const SPANS = { 'an hour': 1, 'a day': 24, 'a week': 168, '30 days': 720, '400 days': 9_600 };

const kept = process.env.BENCH_DATA_DIR;
const dataDir = kept ?? (await mkdtemp(join(tmpdir(), 'family-hub-bench-')));
const embedded = await startBenchDatabase(dataDir);
await migrate({ url: embedded.url, logger: silentLogger });
const db = await openDatabase({ url: embedded.url, poolSize: 2, workTimeoutMs: 600_000, logger: silentLogger });
try {
  await seedDemoFamily(db);
  await fillMillion(db);
  const [family] = await db.query<{ id: string }>(`SELECT id FROM auth.families WHERE name = 'Family 7'`);
  // In a kept database, the data end when it was created.
  const [newest] = await db.query<{ at: Date }>('SELECT max(finished_at) AS at FROM auth.account_creation_attempts');
  const end = newest?.at.getTime() ?? 0;
  console.log('| span | of | median | slowest |\n|---|---|---|---|');
  for (const [name, hours] of Object.entries(SPANS)) {
    for (const familyId of [null, family?.id ?? '']) {
      const times: number[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        const to = new Date(end - round);
        const span = spanOf(new Date(to.getTime() - hours * HOUR_MS), to, DEFAULT_BUCKETS);
        const begun = performance.now();
        await loadQueueActivity(db.reading, span, familyId);
        if (round > 0) times.push(performance.now() - begun);
      }
      const of = familyId === null ? 'all' : 'a family';
      console.log(`| ${name} | ${of} | ${median(times).toFixed(0)} ms | ${Math.max(...times).toFixed(0)} ms |`);
    }
  }
} finally {
  await db.close();
  await embedded.leave();
  if (kept === undefined) await rm(dataDir, { recursive: true, force: true });
}
