/**
 * Benchmarks the dashboard over 1.2 million entries: bytes sent at the first visit, time until it is usable
 * on a processor four times as slow, and the time of each page from the click until everything is shown.
 * Needs Debian’s Chromium. Run `npm run build` first.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { openDatabase } from '../src/database/database.ts';
import { migrate } from '../src/database/migrations.ts';
import { seedDemoFamily } from '../src/families/demo.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { PAGES } from '../test/support/dashboard.ts';
import { startBenchDatabase } from './embedded.ts';
import { fillMillion } from './million.ts';
import { startBenchServer } from './server.ts';
import { median } from './setting.ts';

const ROUNDS = 7;

const kept = process.env.BENCH_DATA_DIR;
const dataDir = kept ?? (await mkdtemp(join(tmpdir(), 'family-hub-bench-')));
const embedded = await startBenchDatabase(dataDir);
await migrate({ url: embedded.url, logger: silentLogger });
const db = await openDatabase({ url: embedded.url, poolSize: 2, workTimeoutMs: 600_000, logger: silentLogger });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  await seedDemoFamily(db);
  await fillMillion(db);
  const [entry] = await db.query<{ id: string }>(
    `SELECT id FROM auth.queued_managed_account_creations WHERE status = 'failed' ORDER BY created_at DESC LIMIT 1`,
  );
  const server = await startBenchServer({
    DATA_DIR: dataDir,
    HISTORY_RETENTION: 'never',
  });
  try {
    await firstVisit(server.url);
    const pages = [
      ...PAGES.map(([path]) => path),
      `/queue/${entry?.id}`,
      '/queue?state=FAILED',
      '/queue?sort=NEXT_RETRY_AT',
    ];
    await everyPage(server.url, pages);
  } finally {
    await server.stop();
  }
} finally {
  await browser.close();
  await db.close();
  await embedded.leave();
  if (kept === undefined) await rm(dataDir, { recursive: true, force: true });
}

/** Waits until the page is complete: no placeholder and no loading chart is left. */
async function isThere(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector('main h1') !== null && document.querySelector('main .animate-pulse') === null,
    undefined,
    { polling: 'raf' },
  );
}

async function firstVisit(url: string): Promise<void> {
  for (const slowdown of [1, 4]) {
    const usable: number[] = [];
    let sizes = '';
    for (let round = 0; round < ROUNDS; round++) {
      const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
      const page = await context.newPage();
      const client = await context.newCDPSession(page);
      await client.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
      await page.addInitScript(noteWhenUsable);
      await page.goto(`${url}/`);
      await page.waitForSelector('dialog[open]');
      usable.push(await page.evaluate(() => performance.getEntriesByName('usable')[0]?.startTime ?? Number.NaN));
      await page.keyboard.press('Escape');
      await isThere(page);
      const parts = await page.evaluate(() =>
        (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
          .filter(({ name }) => /\/(assets\/|icon)/.test(name))
          .map(({ encodedBodySize }) => encodedBodySize),
      );
      sizes = `${parts.length} files, ${(parts.reduce((sum, size) => sum + size, 0) / 1_000).toFixed(0)} kB`;
      await context.close();
    }
    // The first visit gets gzip while brotli runs, and warms up the server; it is not counted.
    console.log(
      `first visit, processor ${slowdown} times as slow: usable after ${median(usable.slice(1)).toFixed(0)} ms; ${sizes} as sent`,
    );
  }
}

/**
 * Runs in the page, since measuring from outside would take longer than what is measured. The page counts
 * as usable when it responds to a key.
 */
function noteWhenUsable(): void {
  let isAsked = false;
  new MutationObserver(() => {
    if (!isAsked && document.querySelector('main h1') !== null) {
      isAsked = true;
      requestAnimationFrame(() => window.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true })));
    }
    if (document.querySelector('dialog[open]') !== null && performance.getEntriesByName('usable').length === 0)
      performance.mark('usable');
  }).observe(document, { childList: true, subtree: true, attributes: true });
}

async function everyPage(url: string, paths: readonly string[]): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
  await page.goto(`${url}/nodes`);
  await isThere(page);
  for (const path of paths) {
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await go(page, '/no-page');
      await page.waitForFunction(() => document.title.startsWith('Page not found'));
      await page.evaluate(() => performance.mark('begun'));
      await go(page, path);
      await page.waitForFunction(() => !document.title.startsWith('Page not found'), undefined, {
        polling: 'raf',
      });
      await isThere(page);
      took.push(
        await page.evaluate(() => performance.now() - (performance.getEntriesByName('begun').at(-1)?.startTime ?? 0)),
      );
    }
    const [first = 0, ...more] = took;
    console.log(
      `${path.replace(/[0-9a-f-]{36}/, ':entryId')}: ${median(more).toFixed(0)} ms (${Math.max(...more).toFixed(0)} at most; the first time ${first.toFixed(0)})`,
    );
  }
}

/** Navigates within the page, as a link does. */
function go(page: Page, path: string): Promise<void> {
  return page.evaluate((to) => history.pushState(null, '', to), path);
}
