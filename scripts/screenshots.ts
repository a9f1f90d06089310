/**
 * Pictures of every page of the dashboard, for people who look whether it is well made, and for the
 * README: `npx tsx scripts/screenshots.ts [folder] [address]`. Without an address a server with a
 * furnished database is started; the server of an address (one that holds a million entries, for
 * example) is only looked at. Needs Debian's Chromium and `npm run build`.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { openDatabase } from '../src/database/database.ts';
import { startEmbedded } from '../src/database/embedded/embedded.ts';
import { migrate } from '../src/database/migrations.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { PAGES, serverEnv } from '../test/support/dashboard.ts';
import { seedFamily } from '../test/support/database.ts';
import { FULL_HOUSE_ENV, furnish } from '../test/support/full-house.ts';
import { createProcesses } from '../test/support/process.ts';

const LOOKS = [
  ['light', 1_440, 900],
  ['dark', 1_440, 900],
  ['light', 360, 740],
  ['dark', 360, 740],
] as const;
const ofAll = PAGES.map(([path]) => path);

const [folder = 'screenshots', address] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  if (address === undefined) await furnishAndTakeAll();
  else await takeAll(address, ofAll);
} finally {
  await browser.close();
}

async function furnishAndTakeAll(): Promise<void> {
  const processes = createProcesses(fileURLToPath(new URL('../dist', import.meta.url)));
  const dataDir = await mkdtemp(join(tmpdir(), 'family-hub-screenshots-'));
  const embedded = await startEmbedded({ dataDir, logger: silentLogger });
  try {
    await migrate({ url: embedded.url, logger: silentLogger });
    const db = await openDatabase({ url: embedded.url, poolSize: 2, logger: silentLogger });
    const server = await processes.startNode({ ...serverEnv(embedded.url), ...FULL_HOUSE_ENV, NODE_NAME: 'hub-1' });
    const { entries, runId, webhookId, bulkActionId } = await furnish(server, { db }, await seedFamily(db));
    await db.close();
    await takeAll(server.url, [
      ...ofAll,
      `/queue/${entries.failed}`,
      `/queue/${entries.pending}`,
      `/runs/${runId}`,
      `/webhooks/${webhookId}`,
      `/bulk-actions/${bulkActionId}`,
    ]);
  } finally {
    await processes.endAll();
    await embedded.leave();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function takeAll(serverUrl: string, paths: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [colorScheme, width, height] of LOOKS) {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width, height },
      locale: 'en-GB',
      timezoneId: 'UTC',
    });
    const page = await context.newPage();
    for (const path of paths) {
      await page.goto(serverUrl + path);
      await page.locator('main h1').waitFor();
      await page.waitForFunction(() => document.querySelector('main .animate-pulse') === null);
      // Charts are drawn when their library is there.
      await page.waitForTimeout(400);
      const name =
        path === '/'
          ? 'overview'
          : path
              .slice(1)
              .replace(/\/[0-9a-f-]{30,}$/, '-one')
              .replaceAll('/', '-');
      // Two of a kind are told apart by their ids.
      const number = paths
        .filter((one) => one.startsWith(path.replace(/[0-9a-f-]{30,}$/, '')) && one.length === path.length)
        .indexOf(path);
      await page.screenshot({
        path: join(folder, `${name}${number > 0 ? number + 1 : ''}.${colorScheme}.${width}.png`),
        fullPage: width === 360,
      });
    }
    await context.close();
  }
}
