/**
 * Benchmarks pages of a queue of 1.2 million entries: the first page, the one 30,000 pages down, and the
 * first one for every filter in every order, with the index that was used (from PostgreSQL’s counters).
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../src/database/database.ts';
import { migrate } from '../src/database/migrations.ts';
import { seedDemoFamily } from '../src/families/demo.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { startBenchDatabase } from './embedded.ts';
import { FINISHED, fillMillion } from './million.ts';
import { type BenchServer, startBenchServer } from './server.ts';
import { median } from './setting.ts';

const ROUNDS = 5;
const DEEP_OFFSET = 600_000;
const TABLE = 'queued_managed_account_creations';
/** The username of a generated entry; see million.ts. */
const nameOf = (n: number | string): string => createHash('md5').update(String(n)).digest('hex').slice(0, 16);

const kept = process.env.BENCH_DATA_DIR;
const dataDir = kept ?? (await mkdtemp(join(tmpdir(), 'family-hub-bench-')));
const embedded = await startBenchDatabase(dataDir);
await migrate({ url: embedded.url, logger: silentLogger });
const db = await openDatabase({ url: embedded.url, poolSize: 2, workTimeoutMs: 600_000, logger: silentLogger });
try {
  await seedDemoFamily(db);
  await fillMillion(db);
  // Three quarters of the entries are older than the default retention.
  const server = await startBenchServer({
    DATA_DIR: dataDir,
    HISTORY_RETENTION: 'never',
  });
  try {
    if (process.argv[2] !== 'filters') await pages(db, server);
    if (process.argv[2] !== 'pages') await filters(db, server);
  } finally {
    await server.stop();
  }
} finally {
  await db.close();
  await embedded.leave();
  if (kept === undefined) await rm(dataDir, { recursive: true, force: true });
}

async function pages(db: Database, server: BenchServer): Promise<void> {
  const [row] = await db.query<{ id: string; at: Date }>(
    `SELECT id, created_at AS at FROM auth.${TABLE} ORDER BY created_at DESC, id DESC OFFSET $1 LIMIT 1`,
    [DEEP_OFFSET],
  );
  const cursor = Buffer.from(
    JSON.stringify(['queuedCreations', 'createdAt', row?.at.getTime() ?? 0, row?.id ?? '']),
  ).toString('base64url');
  for (const kind of ['page', 'deep'] as const) {
    const many: number[] = [];
    const alone: { p50: number; p99: number }[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const load = await server.load(kind, 16, 3_000, cursor);
      const one = await server.load(kind, 1, 1_000, cursor);
      if (round === 0) continue;
      many.push(load.rate);
      alone.push(one);
    }
    const [p50, p99] = [median(alone.map((one) => one.p50)), median(alone.map((one) => one.p99))];
    console.log(
      `${kind === 'page' ? 'first page' : `page ${DEEP_OFFSET / 20}`}: ${median(many).toFixed(0)}/s at 16 callers (${Math.min(...many).toFixed(0)} to ${Math.max(...many).toFixed(0)}); one caller p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    );
  }
}

async function filters(db: Database, server: BenchServer): Promise<void> {
  const [family] = await db.query<{ id: string }>(`SELECT id FROM auth.families WHERE name = 'Family 7'`);
  const day = 86_400_000;
  const ago = (days: number): string => new Date(Date.now() - days * day).toISOString();
  const conditions: [string, string][] = [
    ['none', ''],
    ...['PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED'].map((status): [string, string] => [
      `status ${status}`,
      `status: ${status}`,
    ]),
    ['status FAILED, CANCELLED', 'status: [FAILED, CANCELLED]'],
    ['status PENDING, PROCESSING', 'status: [PENDING, PROCESSING]'],
    ['familyId', `familyId: "${family?.id ?? ''}"`],
    ['username equals', `username: {equals: "${nameOf(FINISHED / 2)}"}`],
    ['username in', `username: {in: ["${nameOf(5)}", "${nameOf(500_000)}", "${nameOf('future 7')}"]}`],
    ['username startsWith, 1 found', `username: {startsWith: "${nameOf(77).slice(0, 10)}"}`],
    ['username startsWith, 300 found', 'username: {startsWith: "abc"}'],
    ['username startsWith, 75,000 found', 'username: {startsWith: "a"}'],
    ['errorCode equals', 'errorCode: {equals: "TIMEOUT"}'],
    ['errorCode equals, none found', 'errorCode: {equals: "NONE"}'],
    ['errorCode in', 'errorCode: {in: ["TIMEOUT", "USERNAME_TAKEN"]}'],
    ['errorCode startsWith', 'errorCode: {startsWith: "PROVIDER"}'],
    ['createdAt, last hour', `createdAt: {from: "${ago(1 / 24)}"}`],
    ['createdAt, a day long ago', `createdAt: {from: "${ago(200)}", to: "${ago(199)}"}`],
    ['createdAt, half a year', `createdAt: {from: "${ago(365)}", to: "${ago(180)}"}`],
    ['nextRetryAt, next 30 hours', `nextRetryAt: {to: "${ago(-30 / 24)}"}`],
    ['nextRetryAt, later', `nextRetryAt: {from: "${ago(-1.5)}"}`],
    ['nextRetryAt, none found', `nextRetryAt: {from: "${ago(-30)}"}`],
    ['dueNow true', 'dueNow: true'],
    ['dueNow false', 'dueNow: false'],
    ['failureGroup', `failureGroup: "${createHash('md5').update('TIMEOUT').digest('hex')}"`],
  ];
  console.log('\n| filter | order | median | slowest | index |\n|---|---|---|---|---|');
  for (const [name, condition] of conditions) {
    for (const order of ['CREATED_AT DESC', 'CREATED_AT ASC', 'NEXT_RETRY_AT ASC', 'NEXT_RETRY_AT DESC']) {
      const [field, direction] = order.split(' ');
      const query = `{ queuedCreations(first: 20, filter: {${condition}}, orderBy: {field: ${field}, direction: ${direction}}) { nodes { entryId username family { name } createdBy { fullName } } } }`;
      const before = await scans(db);
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const begun = performance.now();
        const answer = (await server.graphql(query)) as { errors?: unknown };
        times.push(performance.now() - begun);
        if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
      }
      const after = await scans(db);
      const used = [...after].filter(([index, count]) => count > (before.get(index) ?? 0)).map(([index]) => index);
      console.log(
        `| ${name} | ${order} | ${median(times).toFixed(0)} ms | ${Math.max(...times).toFixed(0)} ms | ${used.join(', ') || 'none'} |`,
      );
    }
  }
}

/**
 * How often each index of the entries was scanned; a backend reports its counters after it has been idle
 * for a second.
 */
async function scans(db: Database): Promise<Map<string, number>> {
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const rows = await db.query<{ index: string; count: number }>(
    `SELECT replace(indexrelname, '${TABLE}_', '') AS index, idx_scan::int AS count FROM pg_stat_user_indexes WHERE relname = '${TABLE}'`,
  );
  return new Map(rows.map(({ index, count }) => [index, count]));
}
