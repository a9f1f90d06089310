/**
 * Pictures of every page of the dashboard, to review their design: `npx tsx scripts/screenshots.ts [folder] [address]`.
 * Without an address a server with a furnished database is started; the server of an address (one that holds a million
 * entries, for example) is only looked at. The folder `docs/screenshots` gets the few pictures of the README, of a
 * server during an outage. Needs Debian's Chromium and `npm run build`.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { openDatabase } from '../src/database/database.ts';
import { startEmbedded } from '../src/database/embedded/embedded.ts';
import { migrate } from '../src/database/migrations.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { PAGES, serverEnv } from '../test/support/dashboard.ts';
import { seedFamily } from '../test/support/database.ts';
import { FULL_HOUSE_ENV, furnish } from '../test/support/full-house.ts';
import { createProcesses, type ServerProcess, until } from '../test/support/process.ts';

const LOOKS = [
  ['light', 1_440, 900],
  ['dark', 1_440, 900],
  ['light', 360, 740],
  ['dark', 360, 740],
] as const;
/** Of the README: its files with their pages and looks. */
const README = 'docs/screenshots';
const README_PICTURES = (waiting: string) =>
  [
    ['overview', '/', 'light', 1_440, 900],
    ['queue', '/queue', 'dark', 1_440, 900],
    ['entry', `/queue/${waiting}`, 'light', 1_440, 900],
    ['schedule', '/schedules/ManagedAccountRetryJob', 'light', 1_440, 900],
    ['phone', '/', 'dark', 390, 844],
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
    const family = await seedFamily(db);
    const { entries, runId, webhookId, bulkActionId } = await furnish(server, { db }, family);
    if (folder === README) {
      const waiting = await breakDown(server, family);
      await db.close();
      for (const [name, path, ...look] of README_PICTURES(waiting)) await take(server.url, look, [[path, name]]);
      return;
    }
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

/** Creates some accounts, then enqueues more while the provider is down; returns an entry that waits for its retry. */
async function breakDown(server: ServerProcess, family: { familyId: string; ownerId: string }): Promise<string> {
  const names = ['Emma', 'Mia', 'Noah', 'Ida', 'Oma Gerda', 'Opa Willi', 'Leo', 'Ella'];
  const enqueue = async (count: number, prefix: string): Promise<string> => {
    const items = Array.from({ length: count }, (_, index) => ({
      familyId: family.familyId,
      createdByUserId: family.ownerId,
      username: `${prefix}_${index + 1}`,
      fullName: `${names[index % names.length]} Example`,
    }));
    const { data } = await server.graphql<{
      enqueueAccounts: { results: { result: { entry: { entryId: string } } }[] };
    }>(
      `mutation ($items: [EnqueueAccountItem!]!) { enqueueAccounts(input: {items: $items}) {
         ... on EnqueueAccountsPayload { results { result { ... on EnqueueAccountPayload { entry { entryId } } } } } } }`,
      { items },
    );
    return data.enqueueAccounts.results[0]?.result.entry.entryId ?? '';
  };
  const isIn = (status: string, username: string) => async () => {
    const { data } = await server.graphql<{ queuedCreations: { totalCount: number } }>(
      `{ queuedCreations(filter: {status: [${status}], username: {startsWith: "${username}"}}) { totalCount } }`,
    );
    return data.queuedCreations.totalCount > 0;
  };
  await enqueue(400, 'summer_camp');
  await until('the accounts to be created', async () => !(await isIn('PENDING, PROCESSING', 'summer_camp')()));
  await server.graphql('mutation { setSimulatorFault(input: {fault: UNAVAILABLE}) { __typename } }');
  // Simulators poll for a new fault four times a second.
  for (let round = 1; ; round += 1) {
    const waiting = await enqueue(4, `autumn_camp_${round}`);
    await delay(500);
    const { data } = await server.graphql<{ identityProvider: { circuit: { state: string } } }>(
      '{ identityProvider { circuit { state } } }',
    );
    if (data.identityProvider.circuit.state !== 'CLOSED') return waiting;
  }
}

async function takeAll(serverUrl: string, paths: readonly string[]): Promise<void> {
  const named = paths.map((path, index) => {
    const kind = path.replace(/[0-9a-f-]{30,}$/, '-one');
    const name = path === '/' ? 'overview' : kind.slice(1).replaceAll('/', '-').replace('--', '-');
    // Two of a kind are told apart by a number.
    const number = paths.slice(0, index).filter((one) => one.replace(/[0-9a-f-]{30,}$/, '-one') === kind).length;
    return [path, number > 0 ? `${name}${number + 1}` : name] as const;
  });
  for (const look of LOOKS) await take(serverUrl, look, named, `.${look[0]}.${look[1]}`);
}

async function take(
  serverUrl: string,
  [colorScheme, width, height]: readonly [colorScheme: 'light' | 'dark', width: number, height: number],
  pages: readonly (readonly [path: string, name: string])[],
  suffix = '',
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height },
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  for (const [path, name] of pages) {
    await page.goto(serverUrl + path);
    await page.locator('main h1').waitFor();
    await page.waitForFunction(() => document.querySelector('main .animate-pulse') === null);
    // Charts are drawn when their library is there.
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(folder, `${name}${suffix}.png`), fullPage: width === 360 });
  }
  await context.close();
}
